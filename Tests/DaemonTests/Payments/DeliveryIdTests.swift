import Glibc
import HTTP1
import HTTPServer
import JSON
import JournalFormat
import TestSupport
import Testing

/// The ids by which a shop recognises what it has had, on the real binary: also of what was delivered before ids carried the checksum.
struct DeliveryIdTests {
    /// The daemon's ledger as a version left it whose ids never carried the checksum. The daemon has ended.
    private typealias Aging = (DaemonUnderTest) async throws -> Void

    @Test func `a journal in files keeps the ids of what stands before the upgrade, also for what waits`() async throws
    {
        try await check {
            try await TestedLedger.files.daemon(asking: $0)
        } aging: { daemon in
            for name in try daemon.directory.names(in: "journal") where name.hasSuffix(".jsonl") {
                let text = try daemon.directory.readText("journal/\(name)")
                let lines = text.split(separator: "\n").map { aged(Array($0.utf8)) + [UInt8(ascii: "\n")] }
                try daemon.directory.write(lines.reduce([], +), to: "journal/\(name)")
            }
            // It tells places in the lines as they were.
            #expect(unlink(daemon.directory.path(of: "journal/checkpoint")) == 0)
        }
    }

    #if PostgreSQL
        @Test func `so does a ledger in a database`() async throws {
            let server = try await PostgreSQLServer()
            let database = try LedgerDatabaseUnderTest(server, place: server)
            try await check {
                try DaemonUnderTest(apiURL: $0.apiURL, account: $0.settings, database: database)
            } aging: { daemon in
                for line in try database.lines() {
                    let text = String(decoding: aged(line), as: UTF8.self)
                    let seq = try JSONValue(parsing: line)["seq"]?.integer ?? 0
                    try await server.execute("UPDATE ecryptopayd.records SET line = $l$\(text)$l$ WHERE seq = \(seq)")
                }
                try await server.execute("DELETE FROM ecryptopayd.checkpoint")
            }
        }
    #endif

    private func check(
        _ make: (SandboxProcess) async throws -> DaemonUnderTest, aging age: Aging
    ) async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await make(sandbox)
        let shops = [try ShopServer(), try ShopServer { $0.respond(.json(status: 500, "{}")) }]
        try daemon.set("ECRYPTOPAY_FORWARD_URLS", shops.map(\.url).joined(separator: ","))
        try daemon.set("ECRYPTOPAY_FORWARD_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        try await daemon.startWithBaseline()
        let old = try await pay(sandbox, daemon, shops)
        try await daemon.end()
        try await age(daemon)
        let before = shops.map(\.deliveries.count)
        shops[1].change { $0.respond(.json(status: 200, "{}")) }
        // It waits for the second shop still, and a replay brings it to the first one once more.
        var ids = [old: "msg_\(try journal(daemon))_\(old)"]
        try await daemon.start()
        #expect(try await replay(daemon) == 0)
        try await eventually("both shops have it again") {
            zip(shops, before).allSatisfy { $0.deliveries.count > $1 }
        }
        // What is new carries the checksum, and no start changes any id: from the start behind the upgrade on there is a checkpoint.
        for _ in 0..<3 {
            let new = try await pay(sandbox, daemon, shops)
            let line = try #require(try daemon.journal().first { $0["seq"]?.integer == new })
            ids[new] = "msg_\(try journal(daemon))_\(new)_\(line["crc"]?.string ?? "")"
            try await daemon.end()
            try await daemon.start()
            #expect(try await replay(daemon) == 0)
            try await eventually("the first shop has all again") {
                shops[0].deliveries.count(where: { $0.id == ids[new] }) >= 2
            }
        }
        for (shop, before) in zip(shops, before) {
            #expect(Set(shop.deliveries.dropFirst(before).compactMap(\.id)) == Set(ids.values))
        }
        let opened = try daemon.records("opened")
        #expect(opened.first?["checksum_ids"] == nil)
        let last = try #require(opened.first { $0["checksum_ids"] != nil })
        #expect(opened.last?["checksum_ids"] == last["seq"], "\(opened)")
        #expect(try await daemon.end() == .code(0))
        let verified = try await daemon.run(
            ["journal", "verify"], environment: ["ECRYPTOPAY_JOURNAL": daemon.journalPlace])
        #expect(verified.exit == .code(0), "\(verified.errors)")
        for shop in shops { await shop.stop() }
    }

    /// A payment that is paid, and that both shops have been told of; the number of its record.
    private func pay(_ sandbox: SandboxProcess, _ daemon: DaemonUnderTest, _ shops: [ShopServer]) async throws -> Int64
    {
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        let seq = try await eventualValue("payment \(id) is confirmed") {
            try daemon.records("confirmed", payment: id).first?["seq"]?.integer
        }
        try await eventually("both shops are told") {
            shops.allSatisfy { $0.deliveries.contains { $0.body.contains(#","seq":\#(seq),"#) } }
        }
        return seq
    }

    private func journal(_ daemon: DaemonUnderTest) throws -> String {
        try #require(try daemon.records("opened").first?["journal"]?.string)
    }

    private func replay(_ daemon: DaemonUnderTest) async throws -> Int32 {
        let done = try await daemon.run(["replay", "--since", "1h", "--yes", "--env-file", daemon.envFile])
        guard case .code(let code) = done.exit else { return -1 }
        return code
    }
}

/// A line as it was written before ids carried the checksum.
private func aged(_ line: [UInt8]) -> [UInt8] {
    let text = String(decoding: line, as: UTF8.self)
    guard let member = text.firstMatch(of: /,"checksum_ids":[0-9]+/) else { return line }
    return Array(
        CraftedJournal.resealed(line + [UInt8(ascii: "\n")], replacing: String(member.output), with: []).dropLast())
}
