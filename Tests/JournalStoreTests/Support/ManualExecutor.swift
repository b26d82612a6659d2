import Synchronization

/// Runs tasks when it is told to, on the thread that tells it: what they do comes in one order only.
final class ManualExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs what has come, and what comes of it; returns whether there was anything.
    func run() -> Bool {
        var didRun = false
        while true {
            let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let job else { return didRun }
            job.runSynchronously(on: asUnownedTaskExecutor())
            didRun = true
        }
    }
}
