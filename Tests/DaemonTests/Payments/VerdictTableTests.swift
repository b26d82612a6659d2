import JSON
import TestSupport
import Testing

/// Every row of the table of verdicts, through the running daemon: what a report says, what the API does, and what comes of it.
struct VerdictTableTests {
    /// A report of a payment that the sandbox has as 150.00 in btc, and what it comes to.
    struct Row: Sendable, CustomTestStringConvertible {
        enum Outcome: Sendable {
            /// It is among those that the confirmation settles.
            case settled
            case refuted(String)
            /// No verdict, for a reason that the log gives; it is settled once what is wrong has gone, or else refuted.
            case unknown(String)
        }

        let testDescription: String
        /// The members of the report beside its id.
        var report = #""state":"paid","amount":"150.0","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z""#
        /// What is wrong with the API.
        var faults: String?
        var setting: (key: String, value: String)?
        let outcome: Outcome
        /// Whether the report is settled when nothing is wrong with the API any more.
        var endsSettled = true

        init(
            _ description: String, says report: String? = nil, faults: String? = nil, setting: (String, String)? = nil,
            _ outcome: Outcome
        ) {
            testDescription = description
            if let report { self.report = report }
            self.faults = faults
            if let setting { self.setting = (key: setting.0, value: setting.1) }
            self.outcome = outcome
        }

        static let settled = [
            Row("the same", .settled),
            Row(
                "another notation and letter case",
                says: #""state":"paid","amount":"0150.000","currency":"BTC","updated_at":"2026-11-20T18:09:11Z""#,
                .settled),
            Row(
                "another state that is older",
                says: #""state":"open","amount":"150.0","currency":"btc","updated_at":"2001-01-01T00:00:00Z""#, .settled
            ),
            Row("another state without a time", says: #""state":"open","amount":"150.0","currency":"btc""#, .settled),
            Row(
                "a state never seen, with a time that cannot be read",
                says: #""state":"überwiesen","amount":"150.0","currency":"btc","updated_at":"yesterday""#, .settled),
            Row("nothing but a state", says: #""state":"paid""#, .settled),
            Row(
                "members of other types", says: #""state":"paid","amount":150,"currency":null,"updated_at":7"#, .settled
            ),
        ]

        static let refuted = [
            Row("another amount, by a cent", says: #""state":"paid","amount":"150.01""#, .refuted("amount-mismatch")),
            Row("another currency", says: #""state":"paid","currency":"ltc""#, .refuted("currency-mismatch")),
            Row(
                "another amount with a newer state",
                says: #""state":"done","amount":"1.0","updated_at":"2099-01-01T00:00:00Z""#, .refuted("amount-mismatch")
            ),
        ]

        static let unknown = [
            Row("404", faults: payments(404), .unknown("no such payment (not-found)")),
            Row("410", faults: payments(410), .unknown("no such payment (not-found)")),
            Row("403", faults: payments(403), .unknown("no such payment (forbidden)")),
            Row("401", faults: #"{"refuse_tokens":true}"#, .unknown("401")),
            Row("429", faults: payments(429), .unknown("429")),
            Row("500", faults: payments(500), .unknown("500")),
            Row("503", faults: payments(503), .unknown("503")),
            Row("another status", faults: payments(418), .unknown("418")),
            Row("a redirect", faults: payments(302), .unknown("302")),
            Row(
                "no answer in time", faults: #"{"hang_rate":1,"scope":"payments"}"#, setting: ("API_TIMEOUT", "1s"),
                .unknown("time")),
            Row("an answer that breaks off", faults: #"{"cut_rate":1,"scope":"payments"}"#, .unknown("")),
            Row("an answer that is no JSON", faults: #"{"nonsense_rate":1,"scope":"payments"}"#, .unknown("")),
            Row(
                "no token", faults: #"{"error_rate":1,"status":403,"scope":"token","revoke_tokens":true}"#,
                .unknown("oauth/token")),
        ]

        private static func payments(_ status: Int) -> String {
            #"{"error_rate":1,"status":\#(status),"scope":"payments"}"#
        }
    }

    /// A daemon with a baseline, and a payment that came behind it and is paid.
    private func setUp(_ row: Row, _ ledger: TestedLedger) async throws -> (SandboxProcess, DaemonUnderTest, Int64) {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await ledger.daemon(asking: sandbox)
        try daemon.set("ECRYPTOPAY_LOG_LEVEL", "debug")
        if let setting = row.setting { try daemon.set("ECRYPTOPAY_\(setting.key)", setting.value) }
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        return (sandbox, daemon, id)
    }

    private func seq(_ daemon: DaemonUnderTest) throws -> JSONValue {
        try #require(try daemon.records("received").last?["seq"])
    }

    @Test(arguments: Row.settled, TestedLedger.allCases)
    func `a report that agrees is settled by the confirmation`(row: Row, on ledger: TestedLedger) async throws {
        let (sandbox, daemon, id) = try await setUp(row, ledger)
        defer { withExtendedLifetime(sandbox) {} }
        #expect(try daemon.post(#"{"id":\#(id),\#(row.report)}"#).status == 200)
        try await expectSettled(daemon, id)
    }

    private func expectSettled(_ daemon: DaemonUnderTest, _ id: Int64) async throws {
        try await eventually("the confirmation") { try !daemon.records("confirmed", payment: id).isEmpty }
        let confirmed = try daemon.records("confirmed", payment: id)
        #expect(confirmed.count == 1)
        #expect(confirmed.first?["of"] == .array([try seq(daemon)]))
        #expect(confirmed.first?["news"] == .bool(true))
        #expect(confirmed.first?["current"]?["state"]?.string == "paid")
        try await daemon.end()
        #expect(try daemon.records("refuted").isEmpty)
    }

    @Test(arguments: Row.refuted, TestedLedger.allCases)
    func `a report that is contradicted is refuted, beside the truth`(row: Row, on ledger: TestedLedger) async throws {
        let (sandbox, daemon, id) = try await setUp(row, ledger)
        defer { withExtendedLifetime(sandbox) {} }
        #expect(try daemon.post(#"{"id":\#(id),\#(row.report)}"#).status == 200)
        try await eventually("the refutation") { try !daemon.records("refuted", payment: id).isEmpty }
        let refuted = try daemon.records("refuted")
        guard case .refuted(let reason) = row.outcome else { return }
        #expect(refuted.map { $0["reason"]?.string } == [reason])
        #expect(refuted.map { $0["of"] } == [try seq(daemon)])
        let confirmed = try daemon.records("confirmed", payment: id)
        #expect(confirmed.map { $0["of"] } == [.array([])])
        #expect(confirmed.first?["current"]?["amount"]?.string == "150.0")
        try await daemon.end()
        #expect(daemon.process?.errors.contains("of payment \(id) refuted: \(reason)") == true)
    }

    @Test(arguments: Row.unknown, TestedLedger.allCases)
    func `what the API does not answer well is unknown, until it does`(row: Row, on ledger: TestedLedger) async throws {
        let (sandbox, daemon, id) = try await setUp(row, ledger)
        let faults = try #require(row.faults)
        try sandbox.setFaults(faults)
        #expect(try daemon.post(#"{"id":\#(id),\#(row.report)}"#).status == 200)
        try await daemon.process?.waitForOutput(containing: "payment \(id) unknown")
        guard case .unknown(let reason) = row.outcome else { return }
        let line = daemon.process?.errors.split(separator: "\n").first { $0.contains("payment \(id) unknown") }
        #expect(line?.contains(reason) == true, "\(line ?? "")")
        #expect(try daemon.payments("confirmed").isEmpty)
        #expect(try daemon.payments("refuted").isEmpty)
        try sandbox.clearFaults()
        try await expectSettled(daemon, id)
    }

    @Test(arguments: TestedLedger.allCases)
    func `a newer state than the API shows is unknown, and settled when the API shows it`(on ledger: TestedLedger)
        async throws
    {
        let (sandbox, daemon, id) = try await setUp(Row("", .settled), ledger)
        let report =
            #"{"id":\#(id),"state":"done","amount":"150.0","currency":"btc","updated_at":"2099-01-01T00:00:00Z"}"#
        #expect(try daemon.post(report).status == 200)
        try await daemon.process?.waitForOutput(containing: "payment \(id) unknown: the API does not show")
        // The truth is told at once, whatever the report waits for.
        try await eventually("the state so far") { try daemon.records("confirmed", payment: id).count == 1 }
        #expect(try daemon.records("confirmed").first?["of"] == .array([]))
        try sandbox.move(id, to: "done")
        try await eventually("the state that was told") { try daemon.records("confirmed", payment: id).count == 2 }
        #expect(try daemon.records("confirmed").last?["of"] == .array([try seq(daemon)]))
        try await daemon.end()
    }

    /// The looks are two minutes apart in all, and that is the promise.
    @Test(arguments: TestedLedger.allCases)
    func `an id that the API does not know is refuted after two minutes, and not before it has answered others`(
        on ledger: TestedLedger
    ) async throws {
        let (sandbox, daemon, id) = try await setUp(Row("", .settled), ledger)
        defer { withExtendedLifetime(sandbox) {} }
        #expect(try daemon.post(DaemonUnderTest.report(987_654)).status == 200)
        try await daemon.process?.waitForOutput(containing: "payment 987654 unknown")
        #expect(try daemon.payments("refuted").isEmpty)
        // Some call has to be answered since the report came.
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await daemon.process?.waitForOutput(containing: "of payment 987654 refuted", within: .seconds(600))
        let refuted = try #require(try daemon.records("refuted").first)
        #expect(refuted["payment"]?.integer == 987_654)
        #expect(refuted["reason"]?.string == "not-found")
        try await daemon.end()
        #expect(daemon.process?.errors.count(of: "payment 987654 unknown") == 3)
    }
}

extension String {
    fileprivate func count(of text: String) -> Int { split(separator: "\n").count { $0.contains(text) } }
}
