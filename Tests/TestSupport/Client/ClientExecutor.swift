import Dispatch
import Synchronization

/// Runs a task on a thread of its own, so that a client that blocks keeps no thread from other tests: not even one of
/// Dispatch's, of which a process has 255.
package final class ClientExecutor: TaskExecutor {
    private let worker = Worker()

    /// An executor with a thread of its own, for as long as it is used.
    package init() { onThread { [worker] in worker.run() } }

    deinit { worker.add(nil) }

    /// Runs the job after those that came before it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        worker.add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// What the thread of an executor has to do.
private final class Worker: Sendable {
    private let waiting = Mutex<[(@Sendable () -> Void)?]>([])
    private let count = DispatchSemaphore(value: 0)

    /// Adds a job, or the end.
    func add(_ job: (@Sendable () -> Void)?) {
        waiting.withLock { $0.append(job) }
        count.signal()
    }

    /// Does one job after the other until the end.
    func run() {
        while true {
            count.wait()
            guard let job = waiting.withLock({ $0.removeFirst() }) else { return }
            job()
        }
    }
}
