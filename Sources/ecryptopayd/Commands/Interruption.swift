import Dispatch
import Glibc
import ServiceManager

/// Runs an asynchronous function for a command's main thread, and cancels its task when somebody interrupts the program
/// or its terminal goes away. What that leads to is the function's own affair.
func interruptible<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let task = Task { try await body() }
    let signals = Signals(on: .global()) { number in
        if [SIGINT, SIGTERM, SIGHUP].contains(number) { task.cancel() }
    }
    defer { signals.cancel() }
    return try blocking { try await task.value }
}
