import Dispatch

/// Runs an actor on a dispatch queue, so that what the queue's event handlers touch is checked to be on the actor.
final class QueueExecutor: SerialExecutor {
    let queue: DispatchQueue

    init(_ queue: DispatchQueue) { self.queue = queue }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// What `assumeIsolated` asks; it traps on any other queue.
    func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
