// The module is there only where tests are built; a release build without them has this target too.
#if canImport(Testing)
    package import Testing

    /// Each test of a suite on a thread of its own: what it calls blocks, and what it waits for may be the work of a task that needs one
    /// of the few threads that all tasks share.
    package struct OwnThread: SuiteTrait, TestTrait, TestScoping {
        package let isRecursive = true

        package func scopeProvider(for test: Test, testCase: Test.Case?) -> OwnThread? { testCase == nil ? nil : self }

        package func provideScope(
            for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
        ) async throws {
            try await withTaskExecutorPreference(ClientExecutor()) { try await function() }
        }
    }

    extension Trait where Self == OwnThread {
        /// On a thread of its own, which it may block.
        package static var ownThread: Self { OwnThread() }
    }
#endif
