public import Dispatch

/// Runs work one after the other, off the caller's thread: Dispatch's queues, or in a simulation one whose work runs when its
/// turn comes.
public protocol SerialQueue: Sendable {
    /// Has work run after all that was enqueued before.
    func enqueue(_ work: @escaping @Sendable () -> Void)
    /// Runs work after all that was enqueued before, and waits for it.
    func perform<Value>(_ work: () -> Value) -> Value
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension DispatchQueue: SerialQueue {
    public func enqueue(_ work: @escaping @Sendable () -> Void) { async(execute: work) }

    public func perform<Value>(_ work: () -> Value) -> Value { sync(execute: work) }
}
