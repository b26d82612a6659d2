#if PostgreSQL
    import Dispatch

    /// Runs tasks one after the other on a queue, which they may block.
    final class QueueExecutor: TaskExecutor {
        let queue: DispatchQueue

        /// An executor with a queue of its own; `label` shows in debuggers.
        init(label: String) { queue = DispatchQueue(label: label) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
#endif
