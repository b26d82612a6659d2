#if PostgreSQL
    import TestSupport
    import Testing

    /// Each test on a thread of its own: a connection blocks, and what it waits for may be the work of a task that needs one of the
    /// few threads that all tasks share.
    struct OwnThread: SuiteTrait, TestTrait, TestScoping {
        let isRecursive = true

        func scopeProvider(for test: Test, testCase: Test.Case?) -> OwnThread? { testCase == nil ? nil : self }

        func provideScope(
            for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
        ) async throws {
            try await withTaskExecutorPreference(ClientExecutor()) { try await function() }
        }
    }

    extension Trait where Self == OwnThread {
        /// On a thread of its own, which it may block.
        static var ownThread: Self { OwnThread() }
    }
#endif
