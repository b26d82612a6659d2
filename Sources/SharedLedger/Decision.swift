import Payments

/// What was decided of an order that somebody waits for.
struct Decision<Value: Sendable>: Sendable {
    var result: Result<Value, any Error>
    var apply: @Sendable (inout LedgerState, Instant) -> [SharedNote] = { _, _ in [] }
    var undo: @Sendable (inout LedgerState, Instant) -> Void = { _, _ in }
}

extension Decision {
    /// The same for an order that nobody waits for.
    var plan: Plan { Plan(apply: apply, undo: undo) }
}
