import Payments
import Synchronization

@testable import JournalStore
@testable import JournalStoreTests
@testable import Receiver

/// Draws what happens by chance, from a seed.
typealias Dice = JournalStoreTests.SplitMix64

/// One thread in the place of all threads and queues of one run of the program. Of what could run now, the dice say what runs
/// next; time passes only when nothing can.
final class Machine: TaskExecutor {
    private struct State {
        var ready: [@Sendable () -> Void] = []
        /// The earliest last.
        var later: [(time: Int64, order: Int, work: @Sendable () -> Void)] = []
        var order = 0
        var dice: Dice
    }

    let clock: VirtualClock
    private let state: Mutex<State>

    init(_ clock: VirtualClock, seed: UInt64) {
        self.clock = clock
        state = Mutex(State(dice: Dice(seed: seed)))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Has work run soon.
    func add(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.ready.append(work) } }

    /// Has work run at a time.
    func add(at time: Int64, _ work: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.order += 1
            let order = state.order
            // Of those with the same time, the one that came first.
            let index = state.later.firstIndex { ($0.time, $0.order) < (time, order) } ?? state.later.count
            state.later.insert((time, order, work), at: index)
        }
    }

    /// Returns when so much time has passed.
    func sleep(_ nanoseconds: Int64) async {
        await withCheckedContinuation { continuation in
            add(at: clock.now + nanoseconds) { continuation.resume() }
        }
    }

    /// Something between zero and a bound.
    func draw(_ bound: Int64) -> Int64 { state.withLock { Int64.random(in: 0...bound, using: &$0.dice) } }

    /// When something is to run next that cannot run now.
    var nextTime: Int64? { state.withLock { $0.later.last?.time } }

    /// Runs one of the things that can run now; false when nothing can.
    func step() -> Bool {
        let now = clock.now
        let work: (@Sendable () -> Void)? = state.withLock { state in
            while let last = state.later.last, last.time <= now {
                state.ready.append(last.work)
                state.later.removeLast()
            }
            if state.ready.isEmpty { return nil }
            state.ready.swapAt(Int.random(in: state.ready.indices, using: &state.dice), state.ready.count - 1)
            return state.ready.removeLast()
        }
        work?()
        return work != nil
    }
}

extension Machine: Scheduler {
    var now: Instant { Instant(nanoseconds: clock.now) }

    var wallClock: Int64 { clock.wall }

    var executor: (any TaskExecutor)? { self }

    func runBlocking(_ work: @escaping @Sendable () -> Void) { add(work) }

    func timer(leeway: Duration) -> any OneShotTimer { SimulatedTimer(self, leeway: leeway.nanoseconds) }
}

/// A timer that is late by chance, within its leeway.
private final class SimulatedTimer: OneShotTimer, Sendable {
    private struct State {
        var work: (@Sendable () -> Void)?
        var scheduled = 0
    }

    private let machine: Machine
    private let leeway: Int64
    private let state = Mutex(State())

    init(_ machine: Machine, leeway: Int64) {
        self.machine = machine
        self.leeway = leeway
    }

    func onFire(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.work = work } }

    func schedule(at time: Instant) {
        let turn = state.withLock { state in
            state.scheduled += 1
            return state.scheduled
        }
        let late = Instant(nanoseconds: max(time.nanoseconds, machine.clock.now)) + .nanoseconds(machine.draw(leeway))
        machine.add(at: late.nanoseconds) { self.fire(turn) }
    }

    func cancel() {
        state.withLock { state in
            state.work = nil
            state.scheduled += 1
        }
    }

    private func fire(_ turn: Int) { state.withLock { $0.scheduled == turn ? $0.work : nil }?() }
}

/// A queue whose work takes its time to begin: a disk is not always fast.
final class SimulatedQueue: SerialQueue {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
    }

    private let machine: Machine
    private let state = Mutex(State())

    init(_ machine: Machine) { self.machine = machine }

    func enqueue(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.waiting.append(work) }
        let delay: Int64 =
            switch machine.draw(19) {
            case 0: machine.draw(3_000_000_000)
            case 1...4: machine.draw(100_000_000)
            default: machine.draw(2_000_000)
            }
        machine.add(at: machine.clock.now + delay) { self.runNext() }
    }

    func perform<Value>(_ work: () -> Value) -> Value {
        while runNext() {}
        return running(work)
    }

    @discardableResult
    private func runNext() -> Bool {
        let next = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
        if let next { running(next) }
        return next != nil
    }

    private func running<Value>(_ work: () -> Value) -> Value {
        state.withLock { state in
            precondition(!state.isRunning, "on a queue of Dispatch's this would wait for itself for ever")
            state.isRunning = true
        }
        defer { state.withLock { $0.isRunning = false } }
        return work()
    }
}
