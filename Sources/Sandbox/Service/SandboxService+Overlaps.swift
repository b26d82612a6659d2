import Payments

/// Whether somebody asks for a payment again before he has the last answer.
extension SandboxService {
    /// Notes that a payment is asked for.
    mutating func beginFetch(_ id: PaymentID) {
        let count = fetches[id, default: 0] + 1
        fetches[id] = count
        if count > 1 { overlaps[id] = max(count, overlaps[id] ?? 0) }
    }

    /// Notes that it is answered, or never will be.
    mutating func endFetch(_ id: PaymentID) {
        let count = fetches[id, default: 0] - 1
        fetches[id] = count > 0 ? count : nil
    }
}
