public import Testing

/// Runs each test of a suite on a queue of its own: a test that blocks, or computes for long, keeps no thread from others,
/// of whose time-outs some are short.
public struct OwnThread: SuiteTrait, TestTrait, TestScoping {
    /// Applies to every test in a suite.
    public var isRecursive: Bool { true }

    /// Runs a test.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // Called for a suite, too, which only holds tests.
        guard testCase != nil else { return try await function() }
        try await withTaskExecutorPreference(ClientExecutor()) { try await function() }
    }
}

extension Trait where Self == OwnThread {
    /// A queue of its own for each test.
    public static var ownThread: Self { OwnThread() }
}
