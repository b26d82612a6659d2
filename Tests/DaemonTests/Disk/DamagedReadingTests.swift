import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// Damage behind a running daemon's back, and those who read on over it: replays, `/events`, `journal follow`.
struct DamagedReadingTests {
    /// A daemon whose shop has got six payments, each in a segment of its own or nearly.
    private struct Fixture {
        let shop: ShopServer
        let sandbox: SandboxProcess
        let daemon: DaemonUnderTest
        var ids: [Int64] = []

        init() async throws {
            shop = try ShopServer()
            sandbox = try await SandboxProcess.start()
            daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
            try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "1024")
            try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
            try daemon.set("ECRYPTOPAY_FORWARD_URLS", shop.url)
            try daemon.set("ECRYPTOPAY_FORWARD_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            try await daemon.startWithBaseline()
            for _ in 0..<6 { ids.append(try await pay()) }
        }

        func pay() async throws -> Int64 {
            let id = try sandbox.create()
            #expect(try daemon.post(DaemonUnderTest.report(id, state: "pending")).status == 200)
            try await eventually("the shop has payment \(id)") { try daemon.payments("delivered").contains(id) }
            return id
        }

        /// Flips a bit in the confirmation of the second payment, and removes the segment with that of the fourth. Returns the place, how
        /// the segment behind the one that is missing is named, and the records that are lost with it.
        func damage() throws -> (place: String, behind: String, lost: ClosedRange<Int64>) {
            let seq = try #require(try daemon.records("confirmed", payment: ids[3]).first?["seq"]?.integer)
            let place = try daemon.flipBit("confirmed", payment: ids[1])
            let names = try daemon.directory.names(in: "journal").filter { $0.hasSuffix(".jsonl") }.sorted()
            let firsts = names.compactMap { Int64($0.prefix(20)) }
            let index = try #require(firsts.lastIndex { $0 <= seq })
            #expect(!place.hasPrefix(names[index]) && index > 0 && index < names.count - 1)
            _ = try check("unlink") { unlink("\(daemon.journalDirectory)/\(names[index])") }
            return (place, names[index + 1], firsts[index]...(firsts[index + 1] - 1))
        }

        func end() async throws {
            try await daemon.end()
            await shop.stop()
        }

        func problems() throws -> String { "\(try daemon.status()["problems"]?.array ?? [])" }
    }

    @Test func `a replay delivers what can be read, and tells what cannot`() async throws {
        let fixture = try await Fixture()
        let (daemon, shop) = (fixture.daemon, fixture.shop)
        let damage = try fixture.damage()
        let before = shop.deliveries.count
        // The payments of the segment that is missing, besides the fourth, are lost with it.
        let left = try daemon.records("confirmed").count { $0["news"] == .bool(true) } - 1
        let replay = try await daemon.run(["replay", "--since", "1h", "--yes", "--env-file", daemon.envFile])
        #expect(replay.exit == .code(65), "\(replay.errors)")
        #expect(replay.output == "\(left) deliveries are being made\n")
        let range = "\(damage.lost.lowerBound) to \(damage.lost.upperBound)"
        #expect(replay.errors.contains("not delivered again: record "), "\(replay.errors)")
        #expect(replay.errors.contains("\(damage.place): its checksum says"), "\(replay.errors)")
        #expect(replay.errors.contains("records \(range): \(damage.behind) at byte 0: "), "\(replay.errors)")
        #expect(replay.errors.split(separator: "\n").count { $0.contains("; hint: ") } == 2, "\(replay.errors)")
        try await eventually("the replay") { shop.deliveries.count == before + left }
        let problems = try fixture.problems()
        #expect(problems.contains(damage.place) && problems.contains("and 1 more"), "\(problems)")

        let client = try ClientSocket(.unix(path: daemon.directory.path(of: "admin")))
        let body = #"{"payment":\#(fixture.ids[0]),"dry_run":true}"#
        try client.send(
            "POST /replay HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        )
        let answer = try client.receive()
        let report = try JSONValue(parsing: Array(answer.body.utf8))
        #expect(answer.status == 200 && report["deliveries"]?.integer == 1)
        let told = report["damage"]?.array ?? []
        #expect(told.map { $0["from"]?.integer }.last == damage.lost.lowerBound)
        #expect(told.map { $0["to"]?.integer }.last == damage.lost.upperBound)
        #expect(
            told.allSatisfy { $0["segment"] != nil && $0["offset"] != nil && $0["reason"] != nil && $0["hint"] != nil })
        // One record that is whole is nobody's trouble.
        let seq = try #require(try daemon.records("confirmed", payment: fixture.ids[0]).first?["seq"]?.integer)
        let single = try await daemon.run(["replay", "--seq", "\(seq)", "--yes", "--env-file", daemon.envFile])
        #expect(single.exit == .code(0) && single.output == "1 deliveries are being made\n", "\(single.errors)")
        try await fixture.end()
    }

    @Test func `events go on behind damage with a line that tells of it, for every filter, and the log has it once`()
        async throws
    {
        let fixture = try await Fixture()
        let daemon = fixture.daemon
        let damage = try fixture.damage()
        for query in ["?after=0&kind=baseline", "?after=0&kind=closed", "?after=0"] {
            let reader = try EventReader(daemon, query)
            var damaged: [JSONValue] = []
            while damaged.count < 2 {
                let line = try reader.next()
                if line["kind"]?.string == "damaged" { damaged.append(line) }
            }
            let lost = try #require(damaged[0]["from"]?.integer)
            #expect(damaged[0]["to"]?.integer == lost && damage.place.hasPrefix(damaged[0]["segment"]?.string ?? "-"))
            #expect(damage.place.hasSuffix("at byte \(damaged[0]["offset"]?.integer ?? -1)"))
            #expect(damaged[0]["reason"]?.string?.hasPrefix("its checksum says") == true)
            #expect(damaged[0]["hint"]?.string?.hasPrefix("restore") == true)
            #expect(damaged[1]["segment"]?.string == damage.behind)
            #expect(damaged[1]["from"]?.integer == damage.lost.lowerBound)
            #expect(damaged[1]["to"]?.integer == damage.lost.upperBound)
            guard query == "?after=0" else { continue }
            // The next good record follows, and the daemon's newest in the end.
            #expect(try reader.next()["seq"]?.integer == damage.lost.upperBound + 1)
            let id = try await fixture.pay()
            while try reader.next()["payment"]?.integer != id {}
        }
        let lines = daemon.process?.errors.split(separator: "\n") ?? []
        #expect(lines.count { $0.contains("the journal is damaged: \(damage.place)") } == 1)
        #expect(lines.count { $0.contains("the journal is damaged: \(damage.behind) at byte 0") } == 1)
        #expect(try fixture.problems().contains(damage.place))
        try await fixture.end()
    }

    @Test func `follow tells damage, goes on behind it, and ends with 65`() async throws {
        let fixture = try await Fixture()
        let daemon = fixture.daemon
        let damage = try fixture.damage()
        let follow = try ChildProcess(
            try builtBinary(named: "ecryptopayd"),
            ["journal", "follow", "--after", "0", "--directory", daemon.journalDirectory])
        let id = try await fixture.pay()
        try await follow.waitForOutput(containing: #""kind":"delivered","payment":\#(id),"#)
        #expect(follow.errors.contains("\(damage.place): its checksum says"), "\(follow.errors)")
        let range = "\(damage.lost.lowerBound) to \(damage.lost.upperBound)"
        #expect(follow.errors.contains("records \(range) cannot be read; hint: "), "\(follow.errors)")
        #expect(follow.errors.split(separator: "\n").count == 2)
        follow.signal(SIGTERM)
        #expect(try await follow.waitForExit() == .code(65))
        try await fixture.end()
    }
}
