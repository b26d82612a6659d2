import JournalFormat
import Payments
import Receiver
import SharedLedger
import SharedLedgerSimulation
import Synchronization

@testable import JournalStoreTests

/// A seeded history of two programs that keep one ledger on a server: they are killed, stopped and frozen, the server breaks
/// off, restarts and gives way to a standby, and its clock is set. At the end all is well for a while, and then everything must
/// be known and settled, and both must know the same.
struct SharedSimulation {
    /// A call may begin so long after it was allowed: the commit's answer is late, and then it waits for its turn.
    private static let delay: Int64 = 12_000_000_000

    var history: History
    let machine: Machine
    let database: SimulatedDatabase
    let nodes = Nodes()
    let merchant: Merchant
    /// When a node starts that does not run, on the wall clock.
    private var starts: [Int64]
    private var lives = 0
    /// How often a node looks what the other did.
    private let pace: Int64
    private var steps = 0
    private var restarts: [(time: Int64, text: String)] = []

    init(seed: UInt64) {
        history = History(seed: seed, minutes: [5, 10, 30])
        machine = Machine(history.clock, seed: history.dice.next())
        merchant = Self.merchant(&history)
        let paces: [Int64] = [100, 1000, 2000, 5000, 5000, 5000, 10_000, 10_000]
        pace = paces.randomElement(using: &history.dice)! * 1_000_000
        let (clock, machine, calm) = (history.clock, machine, history.calm)
        database = SimulatedDatabase(
            ServerSurroundings(now: { clock.wall }, after: { machine.add(at: clock.now + $0, $1) }))
        starts = [clock.wall, clock.wall + Int64.random(in: 0...History.minute, using: &history.dice)]
        let weather = DrawnFates.Weather(
            faults: [0, 5, 50].randomElement(using: &history.dice)!,
            slow: [0, 2, 20].randomElement(using: &history.dice)!,
            warns: history.dice.next() % 3 == 0)
        let fates = DrawnFates(seed: history.dice.next()) { clock.wall < calm ? weather : .calm }
        database.setFates { fates.fate(of: $0) }
        planServer()
        planNodes()
        planDeliveries()
    }

    // MARK: What will happen

    /// Has something happen, at a drawn time before all is well.
    mutating func plan(lasting length: Int64 = 0, _ text: String, _ work: @escaping @Sendable () -> Void)
        -> Int64
    {
        let start = history.clock.wall
        let time = Int64.random(in: start..<max(start + 1, history.calm - length), using: &history.dice)
        restarts.append((time, text))
        machine.add(at: history.clock.now + time - start, work)
        return time
    }

    private mutating func planServer() {
        let database = database
        for _ in 0..<history.dice.next() % 3 {
            let length = Int64.random(in: 0...History.minute, using: &history.dice)
            let kind = [DatabaseFault.Kind.unreachable, .refused, .readOnly].randomElement(using: &history.dice)!
            let time = plan(lasting: length, "the server closes: \(kind)") { database.close(for: kind) }
            machine.add(at: history.clock.now + time + length - history.clock.wall) { database.open() }
        }
        for _ in 0..<history.dice.next() % 3 { _ = plan("a standby takes over") { database.failOver() } }
        guard history.dice.next() % 3 == 0 else { return }
        for _ in 0..<1 + history.dice.next() % 2 {
            let error = Int64.random(in: -7_200_000_000_000...7_200_000_000_000, using: &history.dice)
            steps += 1
            _ = plan("the server's clock is set by \(error) ns") { database.setClockError(error) }
        }
    }

    private mutating func planNodes() {
        let (nodes, machine) = (nodes, machine)
        for slot in 0..<2 {
            for _ in 0..<history.dice.next() % 3 {
                _ = plan("node \(slot) is killed") { nodes[slot]?.die() }
            }
            if history.dice.next() % 3 == 0 {
                _ = plan(lasting: History.minute, "node \(slot) is stopped") { nodes[slot]?.end() }
            }
            if history.dice.next() % 3 == 0 {
                let longest = longestCall()
                _ = plan("node \(slot) is told that calls may take \(longest) ns") {
                    nodes[slot]?.store.reload(longestCall: longest)
                }
            }
            guard history.dice.next() % 2 == 0 else { continue }
            let length = Int64.random(in: 0...3 * History.minute, using: &history.dice)
            _ = plan(lasting: length, "node \(slot) stands still for \(length) ns") {
                guard let life = nodes[slot] else { return }
                machine.freeze(life.number, for: length)
            }
        }
    }

    /// How long a call may take as an operator has it: the nodes need not agree.
    private mutating func longestCall() -> Int64 {
        SimulatedAPI.longestCall + [0, 0, 30, 120].randomElement(using: &history.dice)! * 1_000_000_000
    }

    // MARK: What happens

    mutating func run() throws {
        while try !goOn() {}
        for life in nodes.all { life.die() }
        if let violation = database.violations.first { throw Violation(violation) }
        let names = database.names
        let records = try database.records.map {
            (entry: try Entry(line: $0.record.line.span), committed: $0.committed, node: names[$0.record.node] ?? "")
        }
        let world = history.world.withLock { $0 }
        var judge = Judge(world, history.options, calm: history.calm)
        let (pauses, steps) = (database.pauses, steps)
        try judge.judge(records.map { ($0.entry, $0.committed) }, isClockSet: steps > 0) {
            try $0.judgeShared(pauses: pauses, delay: Self.delay, steps: steps)
        }
        try DeliveryJudge(records, merchant, database.takings).judge()
    }

    /// What happened, for whoever looks for the fault.
    var story: String {
        var lines = restarts
        for (record, committed) in database.records {
            let line = String(decoding: record.line.dropFirst(18), as: UTF8.self)
            lines.append((committed, "node \(record.node) for call \(record.order): \(line)"))
        }
        lines += merchant.shop.story + merchant.story
        for note in database.notes { lines.append((0, "note \(note)")) }
        return history.world.withLock { [lines] in $0.story(lines) }
    }

    /// Lets the next thing happen; true when all is well and quiet.
    private mutating func goOn() throws -> Bool {
        let clock = history.clock
        if machine.step() { return false }
        for life in nodes.all { history.postAgain(life.takeRejected()) }
        if replace(0) || replace(1) { return false }
        if let violation = database.violations.first { throw Violation(violation) }
        for node in nodes.all {
            guard let endpoint = node.store.endpointDueInVain else { continue }
            throw Violation("life \(node.number) says that something is due for \(endpoint), and may not deliver it")
        }
        if history.isCalm, isQuiet() {
            try judgeStates()
            return true
        }
        let inside = machine.nextTime.map { clock.wall + $0 - clock.now }
        let start = (0..<2).compactMap { nodes[$0] == nil ? starts[$0] : nil }.min()
        guard let next = [inside, history.nextTime, start].compactMap({ $0 }).min(),
            next < history.calm + History.patience
        else {
            let pictures = nodes.all.map { "life \($0.number), serving \($0.isServing): \($0.store.picture)" }
            throw Violation(
                "not quiet three hours after all is well; head \(database.head.cut)\n"
                    + pictures.joined(separator: "\n"))
        }
        clock.set(clock.now + max(0, next - clock.wall))
        if mayAbandon, clock.wall > history.calm + 20 * History.minute {
            for life in nodes.all where !life.life.hasTakenUp && life.isServing {
                history.world.withLock { $0.requests.append(clock.wall) }
                life.life.takeUp()
            }
        }
        while let event = history.takeEvent() { perform(event) }
        return false
    }

    private var mayAbandon: Bool { history.options.window < .seconds(3600) }

    /// Buries a node that has died, and starts one where none runs; false when there was nothing to do.
    private mutating func replace(_ slot: Int) -> Bool {
        let clock = history.clock
        if let node = nodes[slot], node.isDead {
            history.postAgain(node.takeRejected())
            machine.thaw(node.number)
            node.life.stop()
            nodes[slot] = nil
            starts[slot] = clock.wall + Int64.random(in: 1_000_000...History.minute, using: &history.dice)
            restarts.append(
                (clock.wall, "node \(slot), life \(node.number), is dead: \(node.life.failure ?? "killed")"))
            return true
        }
        guard nodes[slot] == nil, starts[slot] <= clock.wall else { return false }
        lives += 1
        restarts.append((clock.wall, "node \(slot) starts, life \(lives)"))
        let program = Program(
            lives, on: machine, zero: Int64.random(in: 0...1_000_000_000_000_000, using: &history.dice),
            wallError: Int64.random(in: -400_000_000_000_000...400_000_000_000_000, using: &history.dice))
        let store = SharedStore(
            program, on: database, history.options, pace: pace, longestCall: longestCall(), seed: history.dice.next())
        let merchant = merchant
        let deliverer = Deliverer(store.shared, merchant.shop, program) { merchant[slot] }
        let life = Life(
            program, store, history.world, history.options, seed: history.dice.next(), deliverer: deliverer)
        nodes[slot] = Node(life: life, store: store, deliverer: deliverer)
        return true
    }

    private mutating func perform(_ event: History.Event) {
        let time = history.clock.wall
        let life = nodes[Int(history.dice.next() % 2)]?.life
        switch event {
        case .post(let report, let attempt):
            if life?.post(report) != true { history.postAgain(report, attempt: attempt) }
        case .reconcile:
            history.world.withLock { $0.requests.append(time) }
            life?.inBackground { _ = await $0.reconciler.reconcile() }
        case .confirm(let id):
            life?.inBackground { life in
                await World.$isManual.withValue(true) { _ = await life.confirmer.confirm(id) }
            }
        case .checkpoint:
            let before = time - Int64.random(in: 0...10 * History.minute, using: &history.dice)
            nodes[Int(history.dice.next() % 2)]?.prune(before: before)
        }
    }

    // MARK: The end

    /// Whether a listing that began when all was well has been answered, no call is under way, and nothing waits.
    private func isQuiet() -> Bool {
        let nodes = nodes.all
        guard history.nextTime == nil, nodes.count == 2 else { return false }
        for node in nodes {
            guard node.isServing, node.life.ledger.counts.pending == 0, node.life.hasTakenUp || !mayAbandon,
                node.store.isQuiet(database), node.deliverer.isSettled, node.store.waitingPayments.isEmpty
            else { return false }
        }
        let living = nodes.map(\.number)
        return history.world.withLock { [calm = history.calm] world in
            if world.calls.contains(where: { $0.outcome == .underWay && living.contains($0.life) }) { return false }
            return world.calls.contains { $0.subject == .list && $0.outcome == .answered && $0.began >= calm }
        }
    }

    /// Both know the same, and whoever reads the records from the first on knows it too.
    private func judgeStates() throws {
        var state = LedgerState(limits: history.options.limits, seed: 0, now: Instant(nanoseconds: 0))
        for (record, _) in database.records {
            let line = record.line.span
            state.replay(try EntryView(RecordLine(checking: line), line), line, offset: 0)
        }
        let replayed = state.rows.comparable
        for node in nodes.all {
            let rows = node.store.rows.comparable
            guard rows == replayed else {
                throw Violation("life \(node.number) knows \(rows), and the records say \(replayed)")
            }
        }
    }
}

extension LedgerRows {
    /// Without what only the node knows that hears a call or a report, and in an order of its own.
    fileprivate var comparable: LedgerRows {
        var rows = self
        // Up to which report, at the most, a call was answered, and how many in a row came without a webhook. A report that
        // could not be written leaves a trace in both.
        rows.counts[4] = 0
        rows.counts[5] = 0
        rows.counts[7] = 0
        rows.known.sort { $0.payment < $1.payment }
        rows.waiting.sort { $0.seq < $1.seq }
        rows.deliveries.sort { ($0.endpoint, $0.seq) < ($1.endpoint, $1.seq) }
        return rows
    }
}
