import JournalStore
package import SharedLedger

/// What one run of the program has of the machine: its number and its monotonic clock, which may be wrong.
package final class SimulatedProcess: TaskExecutor {
    package let machine: Machine
    package let number: Int
    /// What its monotonic clock shows when the machine's shows zero.
    private let zero: Int64

    package init(_ number: Int, on machine: Machine, zero: Int64 = 0) {
        self.machine = machine
        self.number = number
        self.zero = zero
    }

    /// Its monotonic clock, in nanoseconds.
    package var monotonic: Int64 { machine.clock.now + zero }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Has work run soon.
    package func add(_ work: @escaping @Sendable () -> Void) { machine.add(for: number, work) }

    /// Has work run at a time of its monotonic clock.
    package func add(at time: Int64, _ work: @escaping @Sendable () -> Void) {
        machine.add(at: time - zero, for: number, work)
    }

    /// Blocks the caller for so long.
    package func pause(_ nanoseconds: Int64) { machine.wait(until: machine.clock.now + nanoseconds, for: number) }

    /// What a node takes from its machine.
    package var environment: SharedEnvironment {
        SharedEnvironment(
            monotonic: { self.monotonic }, after: { self.add(at: self.monotonic + $0, $1) }, pause: { self.pause($0) },
            queue: { _, _ in SimulatedQueue(self) })
    }
}
