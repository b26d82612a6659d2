import TestSupport
import Testing

// Without the trait, a database's URL is understood, and cannot be had.
#if !PostgreSQL
    struct DatabaseAbsenceTests {
        @Test(arguments: [["serve"], ["check"], ["journal", "cat"], ["journal", "verify"]])
        func `a build without PostgreSQL says so, and shows no password`(command: [String]) async throws {
            let daemon = try DaemonUnderTest()
            try daemon.set("ECRYPTOPAY_JOURNAL", "postgresql://shop:s3cr3t@localhost/ledger")
            let result = try await daemon.run(command + ["--env-file", daemon.envFile])
            #expect(result.exit == .code(78))
            #expect(result.errors.contains("ECRYPTOPAY_JOURNAL=postgresql://shop@localhost/ledger: this build has no"))
            #expect(!(result.output + result.errors).contains("s3cr3t"))
        }
    }
#endif
