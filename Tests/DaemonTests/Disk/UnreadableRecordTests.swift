import Glibc
import HTTP1
import HTTPServer
import JSON
import POSIX
import TestSupport
import Testing

/// A bit that flips in a record of a running daemon, while something waits that needs it.
struct UnreadableRecordTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func pair(_ settings: [String: String] = [:]) async throws -> (SandboxProcess, DaemonUnderTest) {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        for (key, value) in settings { try daemon.set(key, value) }
        try await daemon.startWithBaseline()
        return (sandbox, daemon)
    }

    /// Reports that wait, since the API is down.
    private func report(_ count: Int, _ sandbox: SandboxProcess, _ daemon: DaemonUnderTest) throws -> [Int64] {
        let ids = try (0..<count).map { _ in try sandbox.create() }
        for id in ids { try sandbox.move(id, to: "paid") }
        try sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
        for id in ids { #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200) }
        return ids
    }

    /// How many lines of the log hold all these words.
    private func lines(_ daemon: DaemonUnderTest, _ words: String...) -> Int? {
        daemon.process?.errors.split(separator: "\n").count { line in words.allSatisfy { line.contains($0) } }
    }

    @Test func `a payment whose waiting report is damaged is confirmed, and the report refuted, loudly`() async throws {
        let (sandbox, daemon) = try await pair()
        let id = try report(1, sandbox, daemon)[0]
        let place = try daemon.flipBit("received", payment: id)
        try sandbox.clearFaults()
        try await eventually("the report is refuted") { try daemon.records("refuted", payment: id).count == 1 }
        let confirmed = try #require(try daemon.records("confirmed", payment: id).first)
        #expect(confirmed["news"] == .bool(true) && confirmed["of"] == .array([]))
        #expect(confirmed["cause"]?.string == "webhook")
        #expect(try daemon.records("refuted", payment: id)[0]["reason"]?.string == "unreadable")
        // It is counted once it is durable, a moment after others can read it.
        try await eventually("it is counted") {
            try daemon.metric(#"ecryptopayd_refutations_total{reason="unreadable"}"#) == 1
        }
        let status = try await daemon.run(["status", "--env-file", daemon.envFile])
        #expect(status.exit == .code(1), "\(status.output)")
        #expect(status.output.contains("the journal is damaged: \(place): its checksum says"), "\(status.output)")
        #expect(status.output.contains("ecryptopayd journal verify"), "\(status.output)")
        #expect(lines(daemon, "the journal is damaged: \(place)", "hint: restore") == 1)
        try await daemon.end()
    }

    @Test func `one readable report beside a damaged one is settled by what it says`() async throws {
        let (sandbox, daemon) = try await pair()
        let id = try report(1, sandbox, daemon)[0]
        let place = try daemon.flipBit("received", payment: id)
        #expect(try daemon.post(DaemonUnderTest.report(id, amount: "1")).status == 200)
        try sandbox.clearFaults()
        try await eventually("both are refuted") { try daemon.records("refuted", payment: id).count == 2 }
        let reasons = try daemon.records("refuted", payment: id).map { $0["reason"]?.string }
        #expect(reasons == ["unreadable", "amount-mismatch"])
        #expect(try daemon.records("confirmed", payment: id).map { $0["of"] } == [.array([])])
        #expect(daemon.process?.errors.contains(place) == true)
        try await daemon.end()
    }

    @Test func `damaged reports that a listing answers are settled by it as by a fetch`() async throws {
        let (sandbox, daemon) = try await pair(["ECRYPTOPAY_CONFIRM_RATE": "1"])
        let ids = try report(40, sandbox, daemon)
        for id in ids { _ = try daemon.flipBit("received", payment: id) }
        let fetches = #"ecryptopayd_api_call_duration_seconds_count{call="payment"}"#
        let before = try #require(try daemon.metric(fetches))
        try sandbox.clearFaults()
        try await eventually("all reports are refuted") { try daemon.records("refuted").count == ids.count }
        #expect(try daemon.records("refuted").allSatisfy { $0["reason"]?.string == "unreadable" })
        #expect(try Set(daemon.payments("confirmed")).isSuperset(of: ids))
        #expect(try #require(try daemon.metric(fetches)) - before < 20, "the list answered most of them")
        #expect(try await daemon.run(["status", "--env-file", daemon.envFile]).exit == .code(1))
        try await daemon.end()
    }

    @Test func `a damaged confirmation that waits is undeliverable at once, and the payment's state delivered anew`()
        async throws
    {
        let (shop, other) = (try ShopServer(), try ShopServer { $0.respond(Response(status: 503)) })
        let (sandbox, daemon) = try await pair([
            "ECRYPTOPAY_FORWARD_URLS": "\(shop.url),\(other.url)", "ECRYPTOPAY_FORWARD_SECRET": Self.secret,
        ])
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await eventually("one shop has it, the other not") {
            try daemon.records("delivered").count == 1 && !other.deliveries.isEmpty
        }
        let place = try daemon.flipBit("confirmed", payment: id)
        other.change { $0.respond(Response(status: 204)) }
        try await eventually("both shops have it anew") { try daemon.records("delivered").count == 3 }
        let lost = try daemon.records("undeliverable")
        #expect(lost.map { $0["endpoint"]?.string } == [other.url])
        #expect(lost[0]["reason"]?.string == "unreadable")
        #expect(lost[0]["error"]?.string?.hasPrefix("\(place): its checksum says") == true)
        let confirmed = try daemon.records("confirmed", payment: id)
        #expect(confirmed.map { $0["news"] } == [.bool(true), .bool(true)])
        #expect(
            try JSONValue(parsing: Array(other.deliveries.last?.body.utf8 ?? "".utf8))["seq"] == confirmed[1]["seq"])
        #expect(lines(daemon, "undeliverable to \(other.url)") == 1)
        #expect(try daemon.status()["problems"]?.array?.contains { $0.string?.contains(place) == true } == true)
        try await daemon.end()
        await shop.stop()
        await other.stop()
    }

    @Test func `what waits behind a damaged confirmation of its payment goes out in its place`() async throws {
        let shop = try ShopServer { $0.respond(Response(status: 503)) }
        let (sandbox, daemon) = try await pair([
            "ECRYPTOPAY_FORWARD_URLS": shop.url, "ECRYPTOPAY_FORWARD_SECRET": Self.secret,
        ])
        let id = try sandbox.create()
        #expect(try daemon.post(DaemonUnderTest.report(id, state: "pending")).status == 200)
        try await eventually("it is confirmed") { try daemon.records("confirmed", payment: id).count == 1 }
        try await eventually("an attempt") { !shop.deliveries.isEmpty }
        let place = try daemon.flipBit("confirmed", payment: id)
        try sandbox.move(id, to: "paid")
        let asked = try await daemon.run(["reconcile", "--payment", "\(id)", "--env-file", daemon.envFile])
        #expect(asked.exit == .code(0), "\(asked.errors)")
        shop.change { $0.respond(Response(status: 204)) }
        try await eventually("the second one is delivered") { try daemon.records("delivered").count == 1 }
        #expect(try daemon.records("undeliverable")[0]["error"]?.string?.hasPrefix(place) == true)
        #expect(shop.deliveries.last?.body.contains(#""state":"paid""#) == true)
        #expect(try daemon.records("confirmed", payment: id).count == 2)
        try await daemon.end()
        await shop.stop()
    }

    @Test func `a confirmation that cannot be read for a while is delivered later, and the log says so once`()
        async throws
    {
        let sandbox = try await SandboxProcess.start()
        let shop = try ShopServer { $0.respond(Response(status: 503)) }
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try daemon.set("ECRYPTOPAY_FORWARD_URLS", shop.url)
        try daemon.set("ECRYPTOPAY_FORWARD_SECRET", Self.secret)
        let disk = FaultyDisk(daemon)
        try await daemon.start(through: disk.wrapper("openat:error=EMFILE"))
        try await eventually("the baseline is complete") { try daemon.records("baseline").count > 0 }
        let ids = try (0..<5).map { _ in try sandbox.create() }
        for id in ids { #expect(try daemon.post(DaemonUnderTest.report(id, state: "pending")).status == 200) }
        try await eventually("an attempt at each") { shop.deliveries.count >= ids.count }
        try disk.strike()
        shop.change { $0.respond(Response(status: 204)) }
        try await daemon.process?.waitForOutput(containing: "could not be read and is delivered to \(shop.url) later")
        try disk.relent()
        try await eventually("all are delivered") { try daemon.records("delivered").count == ids.count }
        try await daemon.process?.waitForOutput(containing: "records for \(shop.url) can be read again")
        try await daemon.end()
        #expect(lines(daemon, "is delivered to \(shop.url) later") == 1)
        #expect(try daemon.records("undeliverable").isEmpty)
        await shop.stop()
    }
}

extension DaemonUnderTest {
    /// Flips a bit of the first record of a kind about a payment, in its place in the segment; that place, as messages name it.
    func flipBit(_ kind: String, payment: Int64) throws -> String {
        for name in try directory.names(in: "journal").sorted() where name.hasSuffix(".jsonl") {
            var offset = 0
            for line in try directory.read("journal/\(name)").split(separator: 0x0A, omittingEmptySubsequences: false) {
                defer { offset += line.count + 1 }
                let text = String(decoding: line, as: UTF8.self)
                guard text.contains(#""kind":"\#(kind)","payment":\#(payment),"#) else { continue }
                // The last digit of the time becomes another one: any JSON reader goes on.
                let time = #""time":"2026-11-22T22:31:04.512345"#.utf8.count - 1
                let place = try #require(text.firstRange(of: #""time":""#)).lowerBound.utf16Offset(in: text) + time
                let file = try check("open") { open("\(journalDirectory)/\(name)", O_WRONLY) }
                defer { close(file) }
                let flipped = [line[line.startIndex + place] ^ 1]
                _ = try check("pwrite") { pwrite(file, flipped, 1, off_t(offset + place)) }
                return "\(name) at byte \(offset)"
            }
        }
        throw DeadlinePassed(what: "a record of kind \(kind) about payment \(payment)")
    }
}
