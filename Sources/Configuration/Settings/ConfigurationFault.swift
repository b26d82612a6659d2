/// One thing that is wrong with the configuration: where, what, and how to mend it.
///
/// It never holds the value of a secret, nor the content of a line that could not be understood.
package struct ConfigurationFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key at fault; nil for a line that could not be understood.
    package let key: String?
    /// Where it is: a key with its source, or a file with a line.
    package let place: String
    /// What is wrong, continuing a sentence that begins with the place.
    package let problem: String
    /// What to do about it, in the imperative.
    package let hint: String

    /// E.g. `ECRYPTOPAY_IDLE_TIMEOUT (environment): "10" has no unit; write a number and ms, s, m or h, e.g. 10s`.
    package var description: String { "\(place): \(problem); \(hint)" }
}

/// All that is wrong with the configuration, so that it can be mended in one go. Never empty.
package struct ConfigurationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    /// The faults: those of a file in the order of its lines, those of keys in the order of the table of keys.
    package let faults: [ConfigurationFault]

    /// Keeps the faults found.
    package init(_ faults: [ConfigurationFault]) { self.faults = faults }

    /// One fault a line.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
