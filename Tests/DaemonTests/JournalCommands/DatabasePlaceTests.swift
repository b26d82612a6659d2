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

struct DatabaseRepairTests {
    @Test func `a database is not repaired, and who asks for it is told what to do`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_JOURNAL", "postgresql://shop:s3cr3t@localhost/ledger")
        let repair = ["journal", "repair", "--segment", "00000000000000000001.jsonl", "--at", "0"]
        let result = try await daemon.run(repair + ["--env-file", daemon.envFile])
        #expect(result.exit == .code(64))
        #expect(result.errors.contains("restore it from its backup"))
    }
}
