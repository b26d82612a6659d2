import JournalFormat
import Ledger
import LedgerDoubles
import Logging
import POSIX
import Payments
import Sandbox
import Testing
import TestSupport

@testable import Confirming

/// Every row of the table of verdicts: what a report says, what the API answers over HTTP, and what comes of it.
struct VerdictTableTests {
    /// A report of a payment that the sandbox has as 150.00 in btc and paid, and what it comes to.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The members of the report beside its id.
        var report = #""state":"paid","amount":"150.0","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z""#
        /// What is wrong with the API.
        var faults = SandboxFaults()
        var timeout = Duration.seconds(60)
        /// Why a report is refuted, or what the log says of why there is no verdict.
        var reason = ""

        init(_ description: String, says report: String? = nil, _ reason: String = "") {
            testDescription = description
            if let report { self.report = report }
            self.reason = reason
        }

        init(
            _ description: String, _ reason: String, timeout: Duration = .seconds(60),
            _ faults: (inout SandboxFaults) -> Void
        ) {
            testDescription = description
            self.reason = reason
            self.timeout = timeout
            self.faults.scope = .payments
            faults(&self.faults)
        }

        /// Whatever is asked about a payment is answered with that status.
        init(_ description: String, status: Int, _ reason: String) {
            self.init(description, reason) { faults in
                faults.errorRate = 1
                faults.status = status
            }
        }

        static let settled = [
            Row("the same"),
            Row(
                "another notation and letter case",
                says: #""state":"paid","amount":"0150.000","currency":"BTC","updated_at":"2026-11-20T18:09:11Z""#),
            Row(
                "another state that is older",
                says: #""state":"open","amount":"150.0","currency":"btc","updated_at":"2001-01-01T00:00:00Z""#),
            Row("another state without a time", says: #""state":"open","amount":"150.0","currency":"btc""#),
            Row(
                "a state never seen, with a time that cannot be read",
                says: #""state":"überwiesen","amount":"150.0","currency":"btc","updated_at":"yesterday""#),
            Row("nothing but a state", says: #""state":"paid""#),
            Row("members of other types", says: #""state":"paid","amount":150,"currency":null,"updated_at":7"#),
        ]

        static let refuted = [
            Row("another amount, by a cent", says: #""state":"paid","amount":"150.01""#, "amount-mismatch"),
            Row("another currency", says: #""state":"paid","currency":"ltc""#, "currency-mismatch"),
            Row(
                "another amount with a newer state",
                says: #""state":"done","amount":"1.0","updated_at":"2099-01-01T00:00:00Z""#, "amount-mismatch"),
        ]

        static let unknown = [
            Row("404", status: 404, "no such payment (not-found)"),
            Row("410", status: 410, "no such payment (not-found)"),
            Row("403", status: 403, "no such payment (forbidden)"),
            Row("429", status: 429, "429"),
            Row("500", status: 500, "500"),
            Row("503", status: 503, "503"),
            Row("another status", status: 418, "418"),
            Row("a redirect", status: 302, "302"),
            Row("401", "401") { $0.refusesTokens = true },
            Row("no answer in time", "time", timeout: .seconds(1)) { $0.hangRate = 1 },
            Row("an answer that breaks off", "") { $0.cutRate = 1 },
            Row("an answer that is no JSON", "") { $0.nonsenseRate = 1 },
            Row("no token", "oauth/token") { faults in
                faults.scope = .token
                faults.errorRate = 1
                faults.status = 403
            },
        ]
    }

    /// The sandbox with a payment that is paid, and whoever asks it.
    private func setUp(_ form: LedgerBackend, timeout: Duration = .seconds(60)) async throws -> (
        sandbox: Sandbox, test: ConfirmingFixture, id: PaymentID
    ) {
        let sandbox = try Sandbox(
            SandboxOptions(credentials: ConfirmingFixture.credentials, seed: 1),
            logger: Logger(label: "sandbox", factory: { _ in SwiftLogNoOpLogHandler() }))
        try sandbox.start(.ipv4(0x7F00_0001, port: 0))
        let id = sandbox.createPayment(amount: try #require(Amount("150.0")))
        sandbox.setState("paid", of: id)
        return (sandbox, try await ConfirmingFixture(form, asking: sandbox.apiURL, timeout: timeout), id)
    }

    /// Waits until the report, which is the first record behind the start, is settled by what the API says.
    private func expectSettled(_ test: ConfirmingFixture) async throws {
        try await eventually("the confirmation: \(test.lines)") { try !test.confirmations().isEmpty }
        await test.end()
        let confirmed = try test.confirmations()
        #expect(confirmed.count == 1 && confirmed[0].of == [2] && confirmed[0].news)
        #expect(try ConfirmedPayment(answer: try #require(confirmed.first).current, asked: 1).state == "paid")
        #expect(try test.refutations().isEmpty)
    }

    @Test(arguments: Row.settled, LedgerBackend.allCases)
    func `a report that agrees is settled by the confirmation`(row: Row, _ form: LedgerBackend) async throws {
        let (sandbox, test, id) = try await setUp(form)
        try test.report(#"{"id":\#(id),\#(row.report)}"#)
        try await expectSettled(test)
        await sandbox.stop(grace: .zero)
    }

    @Test(arguments: Row.refuted, LedgerBackend.allCases)
    func `a report that is contradicted is refuted, and the API's word is confirmed`(row: Row, _ form: LedgerBackend)
        async throws
    {
        let (sandbox, test, id) = try await setUp(form)
        try test.report(#"{"id":\#(id),\#(row.report)}"#)
        try await eventually("the refutation: \(test.lines)") { try !test.refutations().isEmpty }
        await test.end()
        #expect(try test.refutations() == [.refuted(payment: id, of: 2, reason: row.reason)])
        let confirmed = try test.confirmations()
        #expect(confirmed.map(\.of) == [[]])
        #expect(
            try ConfirmedPayment(answer: try #require(confirmed.first).current, asked: id).amount == Amount("150"))
        #expect(test.lines.contains { $0.contains("report 2 of payment \(id) refuted: \(row.reason)") })
        await sandbox.stop(grace: .zero)
    }

    @Test(arguments: Row.unknown, LedgerBackend.allCases)
    func `an answer that is none leaves a report unknown, and the next good one settles it`(
        row: Row, _ form: LedgerBackend
    )
        async throws
    {
        let (sandbox, test, id) = try await setUp(form, timeout: row.timeout)
        sandbox.faults = row.faults
        try test.report(#"{"id":\#(id),\#(row.report)}"#)
        let told = try await test.unknown(id)
        #expect(told.contains(row.reason), "\(told)")
        #expect(try test.confirmations().isEmpty && test.refutations().isEmpty)
        sandbox.faults = SandboxFaults()
        try await expectSettled(test)
        await sandbox.stop(grace: .zero)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a newer state than the API shows is unknown, and settled when the API shows it`(_ form: LedgerBackend)
        async throws
    {
        let (sandbox, test, id) = try await setUp(form)
        try test.report(
            #"{"id":\#(id),"state":"done","amount":"150.0","currency":"btc","updated_at":"2099-01-01T00:00:00Z"}"#)
        #expect(try await test.unknown(id).contains("the API does not show"))
        // The truth is told at once, whatever the report waits for.
        try await eventually("the state so far") { try test.confirmations().count == 1 }
        #expect(try test.confirmations().map(\.of) == [[]])
        sandbox.setState("done", of: id)
        try await eventually("the state that was told") { try test.confirmations().count == 2 }
        #expect(try test.confirmations().last?.of == [2])
        await test.end()
        await sandbox.stop(grace: .zero)
    }
}
