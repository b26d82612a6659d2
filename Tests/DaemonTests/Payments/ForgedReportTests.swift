import JSON
import TestSupport
import Testing

/// What a forger can do to a genuine report beside his own.
struct ForgedReportTests {
    private static func report(_ id: Int64, state: String, second: Int) -> String {
        #"{"id":\#(id),"currency":"btc","amount":"150.0","state":"\#(state)","updated_at":"2026-11-20T18:09:\#(second).456Z"}"#
    }

    /// The states are two that 64 bits of FNV-1a cannot tell apart; such a pair is found in minutes.
    @Test(arguments: TestedLedger.allCases)
    func `a report that a hash would take for a refuted one's twin is journaled`(on ledger: TestedLedger) async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await ledger.daemon(asking: sandbox)
        try await daemon.startWithBaseline()
        try sandbox.setFaults(#"{"error_rate":1,"status":500}"#)
        for state in ["npeijjhkcijelibd", "danbnmhpdldkdnbj"] {
            #expect(try daemon.post(Self.report(77, state: state, second: 11)).status == 200)
        }
        let received = try daemon.records("received", payment: 77).compactMap { $0["report"]?["state"]?.string }
        #expect(received == ["npeijjhkcijelibd", "danbnmhpdldkdnbj"])
        try await daemon.end()
    }

    @Test func `a genuine report is not held up by a refuted one before it`() async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        // A rest of 30 s, as often as the forger likes.
        for number in 1...20 {
            #expect(try daemon.post(DaemonUnderTest.report(id, amount: "\(number)")).status == 200)
        }
        try await eventually("a forged one is refuted") { try daemon.records("refuted", payment: id).count > 0 }
        let refuted = try #require(try daemon.records("refuted", payment: id).first?["seq"]?.integer)
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(Self.report(id, state: "paid", second: 12)).status == 200)
        try await eventually("the genuine one is confirmed", within: .seconds(20)) {
            try daemon.records("confirmed", payment: id).contains {
                $0["current"]?["state"]?.string == "paid" && $0["cause"]?.string == "webhook"
                    && $0["seq"]?.integer ?? 0 > refuted
            }
        }
        try await daemon.end()
    }

    @Test func `in a full house a genuine new payment is taken, and one that is farther away is not`() async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try daemon.set("ECRYPTOPAY_MAX_PENDING", "20")
        let old = try sandbox.create()
        try await daemon.startWithBaseline()
        #expect(try daemon.records("confirmed", payment: old).count == 1)
        for id in 1_000_000..<1_000_020 as Range<Int64> {
            #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        }
        try await eventually("none of them is there") {
            try daemon.status()["api"]?["reachable"] == .bool(true) && daemon.status()["pending"]?.integer == 20
        }
        #expect(try daemon.post(DaemonUnderTest.report(2_000_000)).status == 503)
        var taken: [Int64] = []
        for _ in 0..<3 {
            let id = try sandbox.create()
            try sandbox.move(id, to: "paid")
            // While all of them are being asked for, none yields.
            try await eventually("one yields") { try daemon.post(DaemonUnderTest.report(id)).status == 200 }
            taken.append(id)
        }
        for id in taken {
            try await eventually("the confirmation") { try daemon.records("confirmed", payment: id).count == 1 }
        }
        #expect(try daemon.status()["yielded"]?.integer ?? 0 > 0)
        #expect(try daemon.metric("ecryptopayd_yielded_payments_total") ?? 0 > 0)
        try await daemon.end()
    }

    @Test func `an API that refuses calls as too many is asked more slowly, which status says`() async throws {
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        try await daemon.startWithBaseline()
        #expect(try daemon.status()["api"]?["calls_per_second"] == .number("10.000000000"))
        #expect(try daemon.metric("ecryptopayd_calls_per_second") == 10)
        try sandbox.setFaults(#"{"error_rate":1,"status":429,"scope":"payments"}"#)
        #expect(try daemon.post(DaemonUnderTest.report(7)).status == 200)
        try await eventually("the rate is halved") { try daemon.metric("ecryptopayd_calls_per_second") ?? 10 < 6 }
        try await daemon.end()
    }
}
