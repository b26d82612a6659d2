package import Dispatch

/// Runs work one after the other, off the caller's thread: Dispatch's queues, or in a simulation one whose work runs when its
/// turn comes.
package protocol SerialQueue: Sendable {
    /// Has work run after all that was enqueued before.
    func enqueue(_ work: @escaping @Sendable () -> Void)
    /// Runs work after all that was enqueued before, and waits for it.
    func perform<Value>(_ work: () -> Value) -> Value
}

extension SerialQueue {
    /// What work comes to that waits for the disk: not on a thread that other tasks need.
    func value<Value: Sendable, Failure>(
        of work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withCheckedContinuation { continuation in
            enqueue { continuation.resume(returning: Result(catching: work)) }
        }.get()
    }
}

extension DispatchQueue: SerialQueue {
    package func enqueue(_ work: @escaping @Sendable () -> Void) { async(execute: work) }

    package func perform<Value>(_ work: () -> Value) -> Value { sync(execute: work) }
}
