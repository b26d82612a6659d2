import Confirming
import JournalStore
import JournalStoreSimulation
import Ledger
import Payments
import SharedLedgerSimulation

/// A seeded history of one program with a journal of its own, which is killed now and then. At the end all is well for a
/// while, and then everything must be known and settled.
struct ConfirmingSimulation {
    private var history: History
    private let machine: Machine
    private var lives = 0
    private var disk = DiskState()

    init(seed: UInt64) {
        history = History(seed: seed, minutes: [10, 30, 120])
        machine = Machine(history.clock, seed: history.dice.next())
    }

    private var stepCount = 0

    mutating func run() throws {
        var isOver = false
        while !isOver { isOver = try live() }
        let world = history.world.withLock { $0 }
        var judge = Judge(world, history.options, calm: history.calm)
        try judge.judge(disk)
    }

    /// What happened, for whoever looks for the fault.
    var story: String { history.world.withLock { $0.story(disk) } }

    /// One run of the program; true when it was the last one, which ends when all is quiet.
    private mutating func live() throws -> Bool {
        lives += 1
        let dies = history.dice.next() % 2 == 0
        let program = Program(lives, on: machine)
        let callsLeft = dies ? Int.random(in: 20..<300, using: &history.dice) : nil
        let store: FileStore
        do { store = try FileStore(program, on: disk, history.options, seed: history.dice.next()) } catch JournalFault
            .system
        {
            // The disk failed while the journal was opened.
            pass(Int64.random(in: 1...History.minute, using: &history.dice))
            return false
        }
        let life = Life(program, store, history.world, history.options, seed: history.dice.next())
        store.setFault(faults(), callsLeft: callsLeft) { [weak life] in life?.die() }
        let isQuiet: Bool
        let health = HealthWatch(life, store)
        do {
            isQuiet = try run(life, store, health, steps: dies ? Int.random(in: 0..<3000, using: &history.dice) : .max)
        } catch {
            life.die()
            disk = store.remains ?? disk
            throw error
        }
        life.die()
        history.world.withLock { $0.unreadable.formUnion(store.unreadable) }
        history.postAgain(life.takeRejected())
        guard let remains = store.remains else { preconditionFailure("it has died") }
        disk = isQuiet || history.dice.next() % 2 == 0 ? remains : remains.afterPowerCut(using: &history.dice)
        bury(life)
        pass(Int64.random(in: 1_000_000...History.minute, using: &history.dice))
        return isQuiet
    }

    /// What goes wrong with the disk, until all is well.
    private mutating func faults() -> @Sendable (SimulatedDisk.Call) -> SimulatedDisk.Fault? {
        guard history.dice.next() % 4 == 0 else { return { _ in nil } }
        let plan = FaultPlan(using: &history.dice)
        history.world.withLock { [lives] in _ = $0.livesWithFaultyDisk.insert(lives) }
        return { [clock = history.clock, calm = history.calm] call in clock.wall < calm ? plan.fault(call) : nil }
    }

    /// Runs a life until it dies, or until all is well and quiet: then true. Only while not all is well does it die by itself.
    private mutating func run(_ life: Life, _ store: FileStore, _ health: HealthWatch, steps: Int) throws -> Bool {
        var steps = steps
        let clock = history.clock
        let mayAbandon = history.options.window < .seconds(3600)
        while !life.isDead {
            steps -= 1
            try health.judge()
            if steps < 0, !history.isCalm {
                try health.judgeEvents(unreadable: store.unreadable)
                life.die()
            }
            history.postAgain(life.takeRejected())
            if machine.step() {
                stepCount += 1
                if stepCount % History.lookInterval == 0, let broken = store.journal.checkInvariants() {
                    throw Violation(broken)
                }
                continue
            }
            if history.isCalm, life.decider?.hasRequeued == true || !mayAbandon, store.journal.counts.pending == 0,
                isQuiet()
            {
                try health.judgeCalm()
                try health.judgeEvents(unreadable: store.unreadable)
                return true
            }
            guard let next = nextTime, next < history.calm + History.patience else {
                throw Violation("not quiet three hours after all is well: \(store.journal.counts)")
            }
            clock.set(clock.now + max(0, next - clock.wall))
            if mayAbandon, life.decider?.hasRequeued == false, clock.wall > history.calm + 20 * History.minute {
                // What was set aside as unknown for too long is taken up by hand; not while a listing is under way.
                history.world.withLock { $0.requests.append(clock.wall) }
                life.decider?.requeue()
            }
            while let event = history.takeEvent() { try perform(event, life, store, health) }
        }
        return false
    }

    /// When something is to happen next, on the wall clock.
    private var nextTime: Int64? {
        let clock = history.clock
        let inside = machine.nextTime.map { clock.wall + $0 - clock.now }
        return [inside, history.nextTime].compactMap { $0 }.min()
    }

    /// Whether a listing that began when all was well has been answered, and no call is under way.
    private func isQuiet() -> Bool {
        guard history.nextTime == nil else { return false }
        return history.world.withLock { [calm = history.calm, lives] world in
            var isListed = false
            for call in world.calls.reversed() where call.life == lives {
                if call.outcome == .underWay { return false }
                if call.subject == .list, call.outcome == .answered, call.began >= calm { isListed = true }
            }
            return isListed
        }
    }

    /// Lets time pass while the program does not run.
    private mutating func pass(_ time: Int64) {
        history.clock.set(history.clock.now + time)
        while let event = history.takeEvent() {
            if case .post(let report, let attempt) = event { history.postAgain(report, attempt: attempt) }
        }
    }

    /// Lets a dead program's tasks run to their ends. The world's time stands still.
    private func bury(_ life: Life) {
        let clock = history.clock
        let now = clock.now
        life.stop()
        while true {
            if machine.step() { continue }
            guard let next = machine.nextTime else { break }
            clock.set(next)
        }
        clock.set(now)
    }

    /// A bit of the report's record flips, perhaps before it is settled.
    private mutating func flipSoon(_ life: Life, _ store: FileStore) {
        guard history.dice.next() % 16 == 0, !history.isCalm else { return }
        let (seed, calm) = (history.dice.next(), history.calm)
        let clock = history.clock
        machine.add(at: clock.now + Int64.random(in: 1_000_000...1_000_000_000, using: &history.dice)) {
            if !life.isDead, clock.wall < calm { store.flip(seed: seed) }
        }
    }

    private mutating func perform(
        _ event: History.Event, _ life: Life, _ store: FileStore, _ health: HealthWatch
    ) throws {
        let time = history.clock.wall
        switch event {
        case .post(let report, let attempt):
            if life.post(report) { return flipSoon(life, store) }
            try health.judgeRefusal()
            history.postAgain(report, attempt: attempt)
        case .reconcile:
            history.world.withLock { $0.requests.append(time) }
            life.inBackground { _ = await $0.decider?.reconciler.reconcile() }
        case .confirm(let id):
            life.inBackground { life in
                await World.$isManual.withValue(true) { _ = await life.decider?.confirmer.confirm(id) }
            }
        case .checkpoint: life.inBackground { _ in _ = await store.journal.checkpoint() }
        }
    }
}
