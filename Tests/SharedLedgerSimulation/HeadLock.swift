/// The lock of the head's row: who has it, and who waits for it.
struct HeadLock: Sendable {
    struct Holder: Sendable {
        let session: Int
        /// When the server ends the transaction because nothing comes; nil while it commits.
        var idleUntil: Int64?
    }

    struct Waiter: Sendable {
        let session: Int
        let number: Int
        let granted: @Sendable (Denial?) -> Void
    }

    /// Why a lock was not granted.
    enum Denial: Sendable {
        case timeout, restart
    }

    /// How long one waits for it, in nanoseconds.
    static let patience: Int64 = 5_000_000_000

    var holder: Holder?
    var waiters: [Waiter] = []
    private var count = 0

    /// Adds one who waits; answers his number.
    mutating func wait(_ session: Int, _ granted: @escaping @Sendable (Denial?) -> Void) -> Int {
        count += 1
        waiters.append(Waiter(session: session, number: count, granted: granted))
        return count
    }

    /// Takes one out who waits; nil when he does not.
    mutating func leave(_ number: Int) -> Waiter? {
        waiters.firstIndex { $0.number == number }.map { waiters.remove(at: $0) }
    }
}
