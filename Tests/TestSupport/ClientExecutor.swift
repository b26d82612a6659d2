import Dispatch

/// Runs a task on a dispatch queue of its own, so that a client that blocks keeps no thread from other tests.
public final class ClientExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "client")

    /// An executor with a queue of its own.
    public init() {}

    /// Runs the job after those that came before it.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
