import Dispatch
import POSIX
import Payments
import Synchronization

@testable import Receiver

/// The machine's own clocks and timers, and an executor that counts what it is given.
struct CountingScheduler: Scheduler {
    final class Jobs: TaskExecutor {
        private let total = Atomic(0)

        var count: Int { total.load(ordering: .relaxed) }

        func enqueue(_ job: consuming ExecutorJob) {
            total.add(1, ordering: .relaxed)
            let job = UnownedJob(job)
            DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    let jobs = Jobs()
    private let machine = DispatchScheduler()

    var now: Instant { machine.now }
    var wallClock: Int64 { machine.wallClock }
    var executor: (any TaskExecutor)? { jobs }
    func runBlocking(_ work: @escaping @Sendable () -> Void) { machine.runBlocking(work) }
    func timer(leeway: Duration) -> any OneShotTimer { machine.timer(leeway: leeway) }
}
