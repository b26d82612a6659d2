import Glibc
import JSON
import TestSupport
import Testing

/// `journal follow` while segments are pruned under it.
@Suite(.serialized) struct JournalFollowTests {
    /// A daemon whose payments get settled, in segments of a few records.
    private struct Shop {
        let sandbox: SandboxProcess
        let daemon: DaemonUnderTest

        init(_ form: TestedLedger) async throws {
            sandbox = try await SandboxProcess.start()
            daemon = try await form.daemon(asking: sandbox)
            try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalPlace)
            try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
            try await daemon.start()
        }

        /// Has payments reported and confirmed; returns the last one's id.
        func settle(_ count: Int) async throws -> Int64 {
            let ids = try (0..<count).map { _ in
                let id = try sandbox.create()
                try sandbox.move(id, to: "paid")
                #expect(try daemon.post(#"{"id":\#(id),"state":"paid"}"#).status == 200)
                return id
            }
            try await eventually("all are confirmed") {
                Set(ids).isSubset(of: try daemon.payments("confirmed"))
            }
            return try #require(ids.last)
        }

        func follow() throws -> ChildProcess {
            try ChildProcess(
                try builtBinary(named: "ecryptopayd"),
                ["journal", "follow", "--after", "0"] + ["--env-file", daemon.envFile])
        }

        /// Ends the daemon, drops all that is settled, and starts the daemon again. Returns the first record that is left.
        func prune() async throws -> Int64 {
            try await daemon.end()
            let pruned = try await daemon.run(
                ["journal", "prune", "--keep", "0d"] + ["--env-file", daemon.envFile])
            #expect(pruned.exit == .code(0), "\(pruned.errors)")
            #expect(!pruned.output.isEmpty, "something went")
            try await daemon.start()
            return try #require(try daemon.journal().first?["seq"]?.integer)
        }
    }

    private func seqs(_ follow: ChildProcess) throws -> [Int64] {
        try follow.output.split(separator: "\n").compactMap {
            try JSONValue(parsing: Array($0.utf8))["seq"]?.integer
        }
    }

    @Test(arguments: TestedLedger.allCases)
    func `follow calls nothing lost that it showed before it was pruned, and shows what comes once`(
        _ form: TestedLedger
    ) async throws {
        let shop = try await Shop(form)
        let follow = try shop.follow()
        let before = try await shop.settle(6)
        try await follow.waitForOutput(containing: #""kind":"confirmed","payment":\#(before),"#)
        let first = try await shop.prune()
        let after = try await shop.settle(1)
        try await follow.waitForOutput(containing: #""kind":"confirmed","payment":\#(after),"#)
        try await follow.end()
        let shown = try seqs(follow)
        #expect(first > 1)
        #expect(shown == Array(1...Int64(shown.count)))
        #expect(follow.errors == "")
        try await shop.daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `follow names what was pruned before it could be shown, once`(_ form: TestedLedger) async throws {
        let shop = try await Shop(form)
        let follow = try shop.follow()
        let before = try await shop.settle(1)
        try await follow.waitForOutput(containing: #""kind":"confirmed","payment":\#(before),"#)
        follow.signal(SIGSTOP)
        try await eventually("it is stopped") {
            // The third field, behind the name in parentheses.
            String(decoding: try readFile("/proc/\(follow.pid)/stat"), as: UTF8.self).contains(") T ")
        }
        _ = try await shop.settle(6)
        let first = try await shop.prune()
        follow.signal(SIGCONT)
        let after = try await shop.settle(1)
        try await follow.waitForOutput(containing: #""kind":"confirmed","payment":\#(after),"#)
        try await follow.end()
        let shown = try seqs(follow)
        let missed = try #require(shown.firstIndex { $0 >= first })
        #expect(shown[..<missed] == ArraySlice(1...Int64(missed)))
        #expect(shown[missed...] == ArraySlice(first..<first + Int64(shown.count - missed)))
        #expect(follow.errors == "records \(missed + 1) to \(first - 1) were pruned before they could be shown\n")
        try await shop.daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `follow from 0 calls nothing of a pruned journal lost, and from a record names what is gone behind it`(
        _ form: TestedLedger
    ) async throws {
        let shop = try await Shop(form)
        let last = try await shop.settle(6)
        let first = try await shop.prune()
        let whole = try shop.follow()
        let rest = try ChildProcess(
            try builtBinary(named: "ecryptopayd"),
            ["journal", "follow", "--after", "\(first - 2)"] + ["--env-file", shop.daemon.envFile])
        for follow in [whole, rest] {
            try await follow.waitForOutput(containing: #""payment":\#(last),"#)
            try await follow.end()
            #expect(try seqs(follow).first == first)
        }
        #expect(whole.errors == "")
        #expect(rest.errors == "record \(first - 1) was pruned before it could be shown\n")
        try await shop.daemon.end()
    }
}
