import Synchronization

/// An answer that one thread gives and another one waits for.
final class Awaited<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    func give(_ result: Result<Value, any Error>) { self.result.withLock { $0 = result } }

    func taken() throws -> Value {
        guard let result = result.withLock({ $0 }) else { preconditionFailure("nobody has answered") }
        return try result.get()
    }
}

/// Gives an answer to somebody who must get one only.
final class Once<Value: Sendable>: Sendable {
    private let give: Mutex<(@Sendable (Value) -> Void)?>

    init(_ give: @escaping @Sendable (Value) -> Void) {
        self.give = Mutex(give)
    }

    /// False when he has got one already.
    @discardableResult
    func give(_ value: Value) -> Bool {
        guard let give = give.withLock({ $0.take() }) else { return false }
        give(value)
        return true
    }
}
