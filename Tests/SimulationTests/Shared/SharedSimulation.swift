import Confirming
import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import SharedLedger
import SharedLedgerSimulation
import Synchronization

/// A seeded history of some nodes that keep one ledger in a database: they are killed, stopped and frozen, servers break off, give way to
/// others and come back, and their clocks are set. At the end all is well for a while, and then everything must be known and settled.
final class SharedSimulation: Sendable {
    struct State {
        var history: History
        /// When a node starts that does not run, on the wall clock.
        var starts: [Int64]
        var lives = 0
        var deciders: [DeliveryJudge.Decider] = []
        var story: [(time: Int64, text: String)] = []
        var violation: Violation?
        var isOver = false
        var patience = InboxPatience()
        var end = EndGame()
        var mayAbandon = false
        /// Nothing goes wrong with the database before this is asked again.
        var isSetBack = false
    }

    let clock: VirtualClock
    let machine: Machine
    let database: SimulatedDatabase
    let nodes: Nodes
    let merchant: Merchant
    let follower = Follower()
    let world: SharedWorld
    let options: LifeOptions
    let calm: Int64
    let state: Mutex<State>

    init(seed: UInt64, mutation: SimulatedDatabase.Mutation? = nil) {
        var history = History(seed: seed, minutes: [2, 5, 10])
        clock = history.clock
        calm = history.calm
        world = history.world
        options = history.options
        let machine = Machine(history.clock, seed: history.dice.next())
        self.machine = machine
        database = SimulatedDatabase(ServerSurroundings(machine))
        nodes = Nodes([2, 2, 3].randomElement(using: &history.dice)!)
        merchant = Self.merchant(&history, nodes: nodes.count)
        let starts = (0..<nodes.count).map { [clock] _ in
            clock.wall + Int64.random(in: 0...30_000_000_000, using: &history.dice)
        }
        state = Mutex(State(history: history, starts: starts))
        if let mutation { database.breakOnPurpose(mutation) }
        planWeather()
        planServers()
        planNodes()
        planDeliveries()
        planCalm()
    }

    // MARK: What happens

    func run() throws {
        machine.add { self.beat() }
        machine.watcher.withLock { $0 = (History.lookInterval, { [weak self] in self?.lookAtInvariants() }) }
        machine.run { self.state.withLock { $0.isOver } }
        drain()
        if let violation = state.withLock({ $0.violation }) { throw violation }
        if let violation = database.violations.first { throw Violation(violation) }
        if state.withLock({ $0.isSetBack }) { return }
        try judge()
    }

    /// Lets all that runs come to its end.
    private func drain() {
        for node in nodes.all {
            machine.thaw(node.number)
            node.die()
            node.life.stop()
        }
        let end = clock.now + 30 * History.minute
        machine.add(at: end) {}
        machine.run { [machine, clock] in
            clock.now >= end || machine.blockedCount == 0 && clock.now >= end - 10 * History.minute
        }
        machine.end()
    }

    private func judge() throws {
        let rows = database.rows
        let records = try rows.map { (entry: try Entry(line: $0.record.line.span), row: $0) }
        let world = world.withLock { $0 }
        let (deciders, settledAt) = state.withLock { ($0.deciders, $0.end.settledAt) }
        var judge = Judge(world, options, calm: calm)
        let written = records.map { entry, row in
            (entry, row.committed, DeliveryJudge.decider(of: row, among: deciders)?.number)
        }
        try judge.judge(written) { try $0.judgeShared() }
        try DeliveryJudge(records, merchant, deciders, settledAt: settledAt).judge()
        try follower.judge(records.map { ($0.entry, $0.row.record.line) }, pruned: database.prunedSeq)
    }

    /// What happened, for whoever looks for the fault.
    var story: String {
        var lines = state.withLock { $0.story }
        for row in database.rows {
            let line = String(decoding: row.record.line.dropFirst(18), as: UTF8.self)
            lines.append((row.committed, "\(row.node) in epoch \(row.epoch): \(line)"))
        }
        for taking in database.takings { lines.append((taking.time, "\(taking.name) takes epoch \(taking.epoch)")) }
        lines += merchant.shop.story + merchant.story
        return world.withLock { [lines] in $0.story(lines) }
    }

    func tell(_ text: String) {
        let time = clock.wall
        state.withLock { $0.story.append((time, text)) }
    }

    /// Looks again and again what is to be done, and how things stand.
    private func beat() {
        if state.withLock({ $0.isOver }) { return }
        do { try look() } catch {
            state.withLock { state in
                state.violation = error as? Violation ?? Violation("\(error)")
                state.isOver = true
            }
        }
        machine.add(at: clock.now + 20_000_000 + machine.draw(300_000_000)) { self.beat() }
    }

    private func look() throws {
        for node in nodes.all { postAgain(node.life.takeRejected()) }
        for slot in 0..<nodes.count { replace(slot) }
        while let event = state.withLock({ $0.history.takeEvent() }) { perform(event) }
        if let violation = database.violations.first { throw Violation(violation) }
        if let violation = follower.violation, !state.withLock({ $0.isSetBack }) { throw Violation(violation) }
        try lookAtInbox()
        try lookAtEnd()
    }

    private func lookAtInvariants() {
        for node in nodes.all where !node.isDead {
            guard let broken = node.store.node.checkInvariants() else { continue }
            state.withLock { state in
                state.violation = state.violation ?? Violation("node \(node.number): \(broken)")
                state.isOver = true
            }
        }
    }

    private func postAgain(_ reports: [Int]) { state.withLock { $0.history.postAgain(reports) } }

    // MARK: Nodes

    /// Buries a node that has died, and starts one where none runs.
    private func replace(_ slot: Int) {
        if let node = nodes[slot], node.isDead {
            postAgain(node.life.takeRejected())
            machine.thaw(node.number)
            node.life.stop()
            nodes[slot] = nil
            state.withLock { [clock] state in
                let longest = clock.wall < calm ? History.minute : 5_000_000_000
                state.starts[slot] = clock.wall + Int64.random(in: 1_000_000...longest, using: &state.history.dice)
            }
            tell("node \(slot), life \(node.number), is dead: \(node.life.failure ?? "killed")")
        }
        let isDue = state.withLock { [clock] in $0.starts[slot] <= clock.wall && !$0.isSetBack }
        if nodes[slot] == nil, isDue { start(slot) }
    }

    private func start(_ slot: Int) {
        let (program, seed) = state.withLock { [machine] state in
            state.lives += 1
            let program = Program(
                state.lives, on: machine,
                zero: Int64.random(in: 0...1_000_000_000_000_000, using: &state.history.dice),
                wallError: Int64.random(in: -400_000_000_000_000...400_000_000_000_000, using: &state.history.dice))
            return (program, state.history.dice.next())
        }
        tell("node \(slot) starts, life \(program.number)")
        let orders = SharedStore.Orders(merchant: merchant, slot: slot) { [weak self] term in
            self?.enlist(term, of: program.number, slot) ?? 0
        }
        let store = SharedStore(program, database, options, orders, seed: seed)
        let node = Node(life: Life(program, store, world, options, seed: seed), store: store)
        nodes[slot] = node
        follower.follow(node)
    }

    /// Somebody decides from now on; returns which of all it is.
    private func enlist(_ term: Term, of life: Int, _ slot: Int) -> Int {
        tell("node \(slot), life \(life), decides in epoch \(term.number)")
        let time = clock.wall
        return state.withLock { state in
            let number = 1000 + state.deciders.count
            state.deciders.append(.init(number: number, life: life, epoch: term.number, began: time))
            return number
        }
    }

    private func perform(_ event: History.Event) {
        let time = clock.wall
        let slot = state.withLock { [nodes] in Int.random(in: 0..<nodes.count, using: &$0.history.dice) }
        let node = nodes[slot]
        switch event {
        case .post(let report, let attempt):
            if node?.life.post(report) != true { state.withLock { $0.history.postAgain(report, attempt: attempt) } }
        case .reconcile:
            world.withLock { $0.requests.append(time) }
            node?.life.inBackground { _ in _ = try? await node?.store.command("reconcile") }
        case .confirm(let id):
            nodes.all.first { $0.isDeciding }?.life.inBackground { life in
                await World.$isManual.withValue(true) { _ = await life.decider?.confirmer.confirm(id) }
            }
        case .checkpoint: tidy(before: time - machine.draw(5 * History.minute))
        }
    }

    /// Whoever decides drops what is old, or only writes the state.
    private func tidy(before time: Int64) {
        // What is replayed while it is pruned is undeliverable, days later.
        let isReplaying = merchant.replays.contains { $0.asked > clock.wall - 2 * History.minute }
        let prunes = machine.draw(2) > 0 && !isReplaying
        for node in nodes.all where node.isDeciding {
            node.life.inBackground { _ in
                if prunes { node.store.prune(before: time) } else { await node.store.writeCheckpoint() }
            }
        }
    }
}
