/// Why a record that is good cannot be read: a later version of the program wrote it. That is no damage.
package struct LaterVersion: Hashable, Sendable, CustomStringConvertible {
    /// What this version does not know.
    package let problem: String
    /// Which version wrote it; nil as long as nobody has looked for the `opened` record before it.
    package var version: String?
    /// Whether it is the journal's format: then what stands behind the record cannot be judged either.
    package let isFormat: Bool

    init(_ problem: String, version: String? = nil, isFormat: Bool = false) {
        self.problem = problem
        self.version = version
        self.isFormat = isFormat
    }

    /// E.g. `its checksum is right, but its kind "shipped" is not known to this version`.
    package var description: String { "its checksum is right, but \(problem)" }

    /// What to do about it.
    package var hint: String {
        guard let version else { return "install the version of ecryptopayd that wrote it, or a later one" }
        return "install ecryptopayd \(version), which wrote it, or a later version"
    }
}

extension LineFault {
    /// The same with the version that wrote the record, where that is missing: the one that the newest `opened` record before it
    /// names.
    package func named<Failure>(by version: () throws(Failure) -> String?) throws(Failure) -> LineFault {
        guard case .laterVersion(var later) = self, later.version == nil else { return self }
        later.version = try version()
        return .laterVersion(later)
    }
}
