/// A point in time after which a test stops waiting. Generous by default: it only ends a test that has failed already.
package struct Deadline: Sendable {
    /// How long a test waits when it does not say: long enough for a crowded machine.
    package static let patience = Duration.seconds(30)

    private let instant: ContinuousClock.Instant

    /// A deadline that passes after `duration` from now.
    package init(after duration: Duration = Deadline.patience) {
        instant = ContinuousClock.now.advanced(by: duration)
    }

    /// Whether it lies behind us.
    package var hasPassed: Bool { ContinuousClock.now >= instant }
}

/// What a test waited for did not come in time.
package struct DeadlinePassed: Error, CustomStringConvertible {
    /// What was waited for, and what is known about why it did not come.
    package let what: String

    /// Keeps what was waited for.
    package init(what: String) { self.what = what }

    /// E.g. `waited in vain for a second ping`.
    package var description: String { "waited in vain for \(what)" }
}

/// Asks again and again, with short pauses, until `condition` holds.
///
/// - Parameters:
///   - what: completes "waited in vain for …".
///   - duration: how long to ask.
/// - Throws: `DeadlinePassed`, or what `condition` throws.
package func eventually(
    _ what: @autoclosure () -> String, within duration: Duration = Deadline.patience,
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let deadline = Deadline(after: duration)
    while try await !condition() {
        if deadline.hasPassed { throw DeadlinePassed(what: what()) }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Asks again and again, with short pauses, until `value` answers something.
///
/// - Parameters:
///   - what: completes "waited in vain for …".
///   - duration: how long to ask.
/// - Throws: `DeadlinePassed`, or what `value` throws.
package func eventualValue<Value>(
    _ what: @autoclosure () -> String, within duration: Duration = Deadline.patience,
    isolation: isolated (any Actor)? = #isolation, _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = Deadline(after: duration)
    while true {
        if let found = try await value() { return found }
        if deadline.hasPassed { throw DeadlinePassed(what: what()) }
        try await Task.sleep(for: .milliseconds(2))
    }
}
