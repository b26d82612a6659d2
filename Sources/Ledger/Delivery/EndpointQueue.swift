import Payments

/// What waits for one endpoint, by payment.
struct EndpointQueue: Sendable {
    let name: String
    /// The record that named it: what stands before was not meant for it.
    let since: Int64
    /// The record that named it no more: what stands behind is not meant for it. Nil while it is configured.
    var until: Int64?
    /// It answered that it wants nothing more.
    var isStopped = false
    /// Why the attempts since the last success failed.
    var failing: EndpointFailing?
    /// Deliveries that wait or are under way.
    private(set) var count = 0

    private var table = IDTable<PendingDelivery>()
    /// What has not been tried yet, or is next of its payment: first come, first served.
    private var ready = SlotQueue()
    /// What is tried again, the oldest record first: in the place of a time stands its number.
    private var overdue = DueQueue()
    private var timers = DueQueue()
    /// Whether it takes nothing at all, and how often it may be tried.
    private var pace = EndpointPace()
    /// Payments with an attempt under way: whatever another node says of them meanwhile, no other begins.
    private var underWay: Set<PaymentID> = []
    /// Those among them whose next delivery is ready when it has ended.
    private var held: Set<PaymentID> = []

    var isConfigured: Bool { until == nil }

    init(name: String, since: Int64) {
        self.name = name
        self.since = since
    }

    /// The first invariant that does not hold; nil when all do.
    ///
    /// 1. `count` is the number of deliveries in the table.
    /// 2. Those of a payment are in the order of their records, each once, but for one under way, which stays the first.
    /// 3. One that is ready or overdue stands in the queue of those, or is held back because an attempt at its payment is under way; one
    ///    that is under way has such an attempt; one that waits has its time.
    func checkInvariants() -> String? {
        var broken: String?
        func require(_ holds: Bool, _ what: @autoclosure () -> String) {
            if !holds { broken = broken ?? "endpoint \(name): \(what())" }
        }
        var total = 0
        let (queued, late, timed) = (ready.all, overdue.all, timers.all)
        table.forEachSlot { slot in
            let entry = table[slot]
            total += entry.count
            let seqs = waiting(of: entry.id).map(\.seq)
            let ordered = entry.phase == .inFlight ? Array(seqs.dropFirst()) : seqs
            require(
                ordered == ordered.sorted() && Set(seqs).count == seqs.count,
                "the deliveries of payment \(entry.id) are out of order: \(seqs)")
            switch entry.phase {
            case .ready:
                require(
                    queued.contains(slot) || held.contains(entry.id), "payment \(entry.id) is ready, and in no queue")
            case .overdue:
                require(
                    late.contains(DueQueue.Entry(due: entry.first.seq, slot: slot)) || held.contains(entry.id),
                    "payment \(entry.id) is overdue, and in no queue")
            case .waiting:
                require(
                    timed.contains(DueQueue.Entry(due: entry.due.nanoseconds, slot: slot)),
                    "payment \(entry.id) waits for a time that is in no queue")
            case .inFlight:
                require(underWay.contains(entry.id), "payment \(entry.id) has an attempt under way that nobody made")
            }
        }
        require(count == total, "\(count) deliveries are counted, and there are \(total)")
        require(held.isSubset(of: underWay), "a delivery is held back for an attempt that is not under way")
        return broken
    }

    /// Whether a record that is news was meant for it, whenever it is applied.
    func isMeant(_ seq: Int64) -> Bool { since < seq && seq < until ?? .max }

    func forEachWaiting(_ body: (PaymentID, JournalPosition) -> Void) {
        table.forEachSlot { slot in table[slot].forEach { body(table[slot].id, $0) } }
    }

    /// What waits of one payment, in order.
    func waiting(of id: PaymentID) -> [JournalPosition] {
        guard let slot = table.slot(of: id) else { return [] }
        var positions: [JournalPosition] = []
        table[slot].forEach { positions.append($0) }
        return positions
    }

    // MARK: What there is

    /// Adds what has just been confirmed, which stands behind all that waits. `now` is nil in a replay of the journal, where
    /// ``resume(now:using:)`` makes everything due afterwards.
    mutating func append(_ id: PaymentID, _ position: JournalPosition, now: Instant?) {
        guard let slot = table.slot(of: id) else { return add(id, position, now: now) }
        let first = table[slot].first
        if table[slot].insert(position) { count += 1 }
        // It stands in the queue by the number of its first one.
        if table[slot].phase == .overdue, table[slot].first != first { enqueue(slot, .overdue) }
    }

    /// Adds something again, and has the payment's deliveries begin anew.
    mutating func insert(_ id: PaymentID, _ position: JournalPosition, now: Instant) {
        isStopped = false
        pace.lift()
        guard let slot = table.slot(of: id) else { return add(id, position, now: now) }
        if table[slot].insert(position) { count += 1 }
        table[slot].attempts = 0
        switch table[slot].phase {
        case .waiting, .overdue: enqueue(slot, .ready)
        case .inFlight: table[slot].isWantedAgain = true
        case .ready: break
        }
    }

    private mutating func add(_ id: PaymentID, _ position: JournalPosition, now: Instant?) {
        let slot = table.insert(PendingDelivery(id: id, position))
        count += 1
        if now != nil { enqueue(slot, .ready) }
    }

    /// Takes one away that has ended.
    mutating func remove(_ id: PaymentID, _ seq: Int64, now: Instant?) {
        guard let slot = table.slot(of: id) else { return }
        if table[slot].isOnly(seq) {
            table.remove(at: slot)
            count -= 1
            // Where another node delivers, nobody takes anything from here.
            while let slot = ready.first, table[slot].id == 0 || table[slot].phase != .ready { _ = ready.popFirst() }
            return
        }
        let wasFirst = table[slot].first.seq == seq
        if wasFirst { table[slot].isWantedAgain = false }
        guard table[slot].remove(seq) else { return }
        count -= 1
        // The next of the payment has its turn.
        if wasFirst, now != nil { enqueue(slot, .ready) }
    }

    // MARK: Turns

    private mutating func enqueue(_ slot: Int, _ phase: PendingDelivery.Phase) {
        table[slot].phase = phase
        if underWay.contains(table[slot].id) {
            held.insert(table[slot].id)
        } else if phase == .ready {
            ready.append(slot)
        } else {
            overdue.insert(slot, due: table[slot].first.seq)
        }
    }

    mutating func claim(now: Instant) -> DeliveryClaim? {
        guard !isStopped, pace.allows(now: now, isBusy: !underWay.isEmpty) else { return nil }
        while let (time, slot) = timers.popFirst(dueBy: now.nanoseconds) {
            // The slot may be another payment's by now, or have another time.
            if table[slot].id != 0, table[slot].phase == .waiting, table[slot].due.nanoseconds == time {
                enqueue(slot, .overdue)
            }
        }
        guard let slot = popReady() ?? popOverdue(now: now) else { return nil }
        pace.begin(now: now)
        table[slot].phase = .inFlight
        underWay.insert(table[slot].id)
        return DeliveryClaim(
            endpoint: name, payment: table[slot].id, position: table[slot].first,
            attempt: Int(table[slot].attempts) + 1)
    }

    private mutating func popReady() -> Int? {
        while let slot = ready.popFirst() {
            if table[slot].id != 0, table[slot].phase == .ready { return slot }
        }
        return nil
    }

    private mutating func popOverdue(now: Instant) -> Int? {
        guard pace.allowsOverdue(now: now) else { return nil }
        while let (seq, slot) = overdue.popFirst(dueBy: .max) {
            // The slot may be another payment's by now, or have another turn.
            guard table[slot].id != 0, table[slot].phase == .overdue, table[slot].first.seq == seq else { continue }
            pace.tookOverdue(now: now)
            return slot
        }
        pace.recovered()
        return nil
    }

    /// May be early, never late.
    var nextDue: Instant? {
        if isStopped || !isConfigured { return nil }
        let due: Instant? =
            if !ready.isEmpty {
                .distantPast
            } else if overdue.earliest != nil {
                pace.nextOverdue
            } else {
                timers.earliest.map { Instant(nanoseconds: $0) }
            }
        return due.flatMap { pace.next($0, isBusy: !underWay.isEmpty) }
    }

    // MARK: The endpoint itself

    /// An attempt failed. With a `pause` the endpoint has asked for quiet.
    mutating func noteFailure(isOfEndpoint: Bool, pause: Duration?, now: Instant) {
        pace.fail(isOfEndpoint: isOfEndpoint, pause: pause, now: now)
    }

    /// It took a delivery: if it took none before, all that waits is due at once.
    mutating func noteDelivery() {
        failing = nil
        guard pace.succeed() else { return }
        table.forEachSlot { slot in
            if table[slot].phase == .waiting, !table[slot].hadItsChance { enqueue(slot, .overdue) }
        }
    }

    /// The attempt has ended, whatever came of it.
    mutating func conclude(_ claim: DeliveryClaim) {
        underWay.remove(claim.payment)
        guard held.remove(claim.payment) != nil, let slot = table.slot(of: claim.payment) else { return }
        let phase = table[slot].phase
        if phase == .ready || phase == .overdue { enqueue(slot, phase) }
    }

    /// Whether an attempt was made before its time, because the endpoint took something: then it counts for nothing, and waits for that
    /// time again. If the failure is of the delivery, that holds whatever else the endpoint takes meanwhile.
    mutating func returnEarly(_ claim: DeliveryClaim, isOfEndpoint: Bool, now: Instant) -> Bool {
        guard let slot = slot(of: claim), table[slot].due > now else { return false }
        table[slot].hadItsChance = !isOfEndpoint
        wait(slot, until: table[slot].due)
        return true
    }

    mutating func postpone(_ claim: DeliveryClaim, until due: Instant) {
        guard let slot = slot(of: claim) else { return }
        table[slot].attempts += 1
        table[slot].hadItsChance = false
        wait(slot, until: due)
    }

    /// Has a claim that was asked for again meanwhile be due at once, as if no attempt had been made; false when it was not.
    mutating func restart(_ claim: DeliveryClaim) -> Bool {
        guard let slot = slot(of: claim), table[slot].isWantedAgain else { return false }
        table[slot].isWantedAgain = false
        table[slot].restoreOrder()
        enqueue(slot, .ready)
        return true
    }

    /// The same without an attempt to count.
    mutating func release(_ claim: DeliveryClaim, until due: Instant) {
        guard let slot = slot(of: claim) else { return }
        table[slot].restoreOrder()
        wait(slot, until: due)
    }

    private mutating func wait(_ slot: Int, until due: Instant) {
        table[slot].due = due
        table[slot].phase = .waiting
        timers.insert(slot, due: due.nanoseconds)
    }

    /// The attempt says nothing about the delivery: it waits as if it had not been.
    mutating func stop(_ claim: DeliveryClaim) {
        isStopped = true
        guard let slot = slot(of: claim) else { return }
        table[slot].restoreOrder()
        enqueue(slot, .ready)
    }

    private func slot(of claim: DeliveryClaim) -> Int? {
        guard let slot = table.slot(of: claim.payment), table[slot].phase == .inFlight else { return nil }
        return slot
    }

    mutating func resume(now: Instant, using random: inout SplitMix64) {
        let spread = min(5_000_000_000, Int64(table.count) * 1_000_000)
        table.forEachSlot { slot in
            table[slot].phase = .waiting
            table[slot].due = now + .nanoseconds(Int64.random(in: 0...spread, using: &random))
            timers.insert(slot, due: table[slot].due.nanoseconds)
        }
    }
}
