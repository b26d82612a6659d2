import Ledger
import SharedLedgerSimulation
import Synchronization

@testable import Runtime

/// What one run of the program has of the machine: its threads, its clocks, which may be wrong, and its timers.
final class Program: TaskExecutor {
    let process: SimulatedProcess
    /// How wrong its wall clock is.
    private let wallError: Int64

    init(_ number: Int, on machine: Machine, zero: Int64 = 0, wallError: Int64 = 0) {
        process = SimulatedProcess(number, on: machine, zero: zero)
        self.wallError = wallError
    }

    var machine: Machine { process.machine }
    var number: Int { process.number }
    /// Its monotonic clock, in nanoseconds.
    var monotonic: Int64 { process.monotonic }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Has work run soon.
    func add(_ work: @escaping @Sendable () -> Void) { process.add(work) }

    /// Has work run at a time of its monotonic clock.
    func add(at time: Int64, _ work: @escaping @Sendable () -> Void) { process.add(at: time, work) }
}

extension Program: Scheduler {
    var now: Instant { Instant(nanoseconds: monotonic) }

    var wallClock: Int64 { machine.clock.wall + wallError }

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

    private let program: Program
    private let leeway: Int64
    private let state = Mutex(State())

    init(_ program: Program, leeway: Int64) {
        self.program = program
        self.leeway = leeway
    }

    func onFire(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.work = work } }

    func schedule(at time: Instant) {
        let turn = state.withLock { state in
            state.scheduled += 1
            return state.scheduled
        }
        let late =
            Instant(nanoseconds: max(time.nanoseconds, program.monotonic))
            + .nanoseconds(program.machine.draw(leeway))
        program.add(at: late.nanoseconds) { self.fire(turn) }
    }

    func cancel() {
        state.withLock { state in
            state.work = nil
            state.scheduled += 1
        }
    }

    private func fire(_ turn: Int) { state.withLock { $0.scheduled == turn ? $0.work : nil }?() }
}
