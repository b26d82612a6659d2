import Dispatch
import Ledger
import POSIX
import Runtime
import Synchronization

/// The machine's own clocks and timers, and an executor that counts what it is given.
struct CountingScheduler: Scheduler {
    final class Jobs: TaskExecutor {
        private let total = Atomic(0)
        /// What has not been run, where the test runs it; nil where Dispatch does.
        private let held: Mutex<[UnownedJob]?>

        init(areHeld: Bool) { held = Mutex(areHeld ? [] : nil) }

        var count: Int { total.load(ordering: .relaxed) }

        func enqueue(_ job: consuming ExecutorJob) {
            total.add(1, ordering: .relaxed)
            let job = UnownedJob(job)
            let isHeld = held.withLock { held in
                held?.append(job)
                return held != nil
            }
            if !isHeld {
                DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
            }
        }

        /// Runs what is held, and what comes of it.
        func run() {
            while let job = held.withLock({ $0?.isEmpty == false ? $0?.removeFirst() : nil }) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }

    let jobs: Jobs
    private let machine = DispatchScheduler()

    /// With `holdsJobs` they run when the test says so.
    init(holdsJobs: Bool = false) { jobs = Jobs(areHeld: holdsJobs) }

    var now: Instant { machine.now }
    var wallClock: Int64 { machine.wallClock }
    var executor: (any TaskExecutor)? { jobs }
    func runBlocking(_ work: @escaping @Sendable () -> Void) { machine.runBlocking(work) }
    func timer(leeway: Duration) -> any OneShotTimer { machine.timer(leeway: leeway) }
}
