/// Those who wait for their report to become durable, in the order they came. Pure.
struct AcknowledgementQueue<Waiter> {
    private var waiters: [(position: Int64, waiter: Waiter)] = []
    private var head = 0
    /// Everything up to this is durable.
    private(set) var committed: Int64

    init(committed: Int64) {
        self.committed = committed
    }

    /// Adds a waiter; false when its position is durable already, and it need not wait.
    mutating func append(_ waiter: Waiter, at position: Int64) -> Bool {
        if position <= committed { return false }
        // A covered report's position may lie before the newest: it waits behind that, and the order stays.
        waiters.append((position, waiter))
        return true
    }

    /// Calls `body` with everyone whose report is durable now.
    mutating func commit(upTo position: Int64, _ body: (Waiter) -> Void) {
        committed = max(committed, position)
        while head < waiters.count, waiters[head].position <= committed {
            body(waiters[head].waiter)
            head += 1
        }
        removeTaken()
    }

    /// Calls `body` with everyone whose report was rejected: all who still wait.
    mutating func reject(_ body: (Waiter) -> Void) {
        while head < waiters.count {
            body(waiters[head].waiter)
            head += 1
        }
        removeTaken()
    }

    /// Calls `body` with those whose positions were not taken. Each waits at a position of its own.
    mutating func refuse(_ positions: Set<Int64>, _ body: (Waiter) -> Void) {
        let refused = waiters[head...].filter { positions.contains($0.position) }
        waiters[head...].removeAll { positions.contains($0.position) }
        for waiter in refused { body(waiter.waiter) }
        removeTaken()
    }

    private mutating func removeTaken() {
        if head == waiters.count {
            waiters.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024, head * 2 > waiters.count {
            waiters.removeFirst(head)
            head = 0
        }
    }
}
