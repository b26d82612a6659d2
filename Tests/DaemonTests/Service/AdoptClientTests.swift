import Glibc
import JSON
import TestSupport
import Testing

/// `serve --adopt-client`, on the real binary: the account has got another client id, and its journal goes on.
struct AdoptClientTests {
    private func expectRefusal(_ daemon: DaemonUnderTest, _ options: String..., saying text: String) async throws {
        let before = try daemon.journal()
        try daemon.launch(options: options)
        let exit = try await daemon.process?.waitForExit()
        let errors = daemon.process?.errors ?? ""
        #expect(exit == .code(78) && errors.contains(text), "\(errors)")
        #expect(errors.contains("--adopt-client") == text.contains("client id"), "\(errors)")
        #expect(try daemon.journal() == before)
    }

    @Test(arguments: TestedLedger.allCases)
    func `a new client id is adopted at one start, and the journal is the new one's from then on`(
        on ledger: TestedLedger
    ) async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await ledger.daemon(asking: sandbox)
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await eventually("it is confirmed") { try daemon.payments("confirmed") == [id] }
        // Where nothing is new, the option does nothing.
        try await daemon.end()
        try await daemon.start(options: ["--adopt-client"])
        #expect(daemon.process?.errors.contains("from now on") == false)
        try await daemon.end()

        let old = sandbox.settings["ECRYPTOPAY_CLIENT_ID"]
        try daemon.set("ECRYPTOPAY_CLIENT_ID", "rotated")
        try await expectRefusal(daemon, saying: #"the client id "\#(old ?? "")""#)
        let before = try daemon.journal()
        try await daemon.start(options: ["--adopt-client"])
        try await daemon.process?.waitForOutput(containing: #"from now on, no longer to "\#(old ?? "")""#)
        #expect(try await daemon.end() == .code(0))
        let after = try daemon.journal()
        #expect(after.starts(with: before))
        #expect(after.compactMap { $0["seq"]?.integer } == Array(1...Int64(after.count)))
        let opened = try daemon.records("opened")
        #expect(opened.last?["client"] == .string("rotated") && opened.last?["journal"] == opened.first?["journal"])
        // What was there is known, and no baseline is taken anew.
        #expect(try daemon.payments("confirmed") == [id] && daemon.records("baseline").count == 1)

        // From then on the option is not needed, whatever a start reads: all, or what is behind a checkpoint.
        for _ in 0..<2 {
            try await daemon.start()
            #expect(try await daemon.end() == .code(0))
            unlink(daemon.directory.path(of: "journal/checkpoint"))
        }
        try daemon.set("ECRYPTOPAY_CLIENT_ID", old)
        try await expectRefusal(daemon, saying: #"the client id "rotated""#)
        try daemon.set("ECRYPTOPAY_CLIENT_ID", "rotated")
        try daemon.set("ECRYPTOPAY_API_URL", "http://127.0.0.1:9/api/v1")
        try await expectRefusal(daemon, "--adopt-client", saying: "the API \"127.0.0.1")
    }

    #if PostgreSQL
        @Test func `a node that runs with the client id of before ends when it would decide`() async throws {
            let server = try await PostgreSQLServer()
            let database = try LedgerDatabaseUnderTest(server)
            let nodes = [try DaemonUnderTest(database: database), try DaemonUnderTest(database: database)]
            try await nodes[0].start()
            try await nodes[0].process?.waitForOutput(containing: "this node decides now")
            try nodes[1].set("ECRYPTOPAY_CLIENT_ID", "rotated")
            try await nodes[1].start(options: ["--adopt-client"])
            // It decides only when the other one does no longer.
            #expect(try nodes[1].records("opened").allSatisfy { $0["client"] == .string("client") })
            let third = try DaemonUnderTest(database: database)
            try await third.start()
            // The one that holds still may not come first: it has been seen to wait.
            third.process?.signal(SIGSTOP)
            try await nodes[0].end()
            try await nodes[1].process?.waitForOutput(containing: "from now on, no longer to \"client\"")
            third.process?.signal(SIGCONT)
            try await nodes[1].end()
            let exit = try await third.process?.waitForExit()
            #expect(exit == .code(74), "\(third.process?.errors ?? "")")
            #expect(third.process?.errors.contains("belongs to the client id \"rotated\"") == true)
            #expect(try nodes[1].records("opened").last?["client"] == .string("rotated"))
        }
    #endif
}
