import HTTP1
import HTTPServer
import JournalFormat
import Ledger
import LedgerDoubles
import Logging
import Payments
import POSIX
import Synchronization
import Testing
import TestSupport

@testable import Confirming

/// The rows of the table of verdicts that a stand-in for ecryptopay does not show: answers that are well-formed and say the wrong
/// thing, and an API that is not reached at all.
struct UnusableAnswerTests {
    /// An API that answers every fetch with the same text.
    private final class API: RequestHandler {
        private let answer: Mutex<String>
        private let server: Mutex<HTTPServer?> = Mutex(nil)
        let url: String

        init(_ answer: String) throws {
            self.answer = Mutex(answer)
            let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
            url = "http://\(socket.address)/api/v1"
            let server = try HTTPServer(label: "api", handler: self, logger: Logger(label: "test"))
            try server.start([socket])
            self.server.withLock { $0 = server }
        }

        func say(_ text: String) { answer.withLock { $0 = text } }

        func handle(_ request: Request, _ exchange: Exchange) {
            let isToken = String(decoding: request.path, as: UTF8.self) == "/api/v1/oauth/token"
            let token = #"{"access_token":"5c1bd9b0a7e9","token_type":"Bearer","expires_in":7200}"#
            exchange.respond(.json(status: 200, isToken ? token : answer.withLock { $0 }))
        }

        func end() async { await server.withLock { $0 }?.drain(grace: .zero) }
    }

    private static let report =
        #"{"id":42,"state":"paid","amount":"150.0","currency":"btc","updated_at":"2026-11-20T18:09:11Z"}"#

    @Test(arguments: [
        ("another id", report.replacing("42", with: "43"), "43"),
        ("a state that is null", report.replacing(#""paid""#, with: "null"), "state"),
        ("no state", report.replacing(#""state":"paid","#, with: ""), "state"),
        ("no amount", report.replacing(#""amount":"150.0","#, with: ""), "amount"),
        ("an id that is text", report.replacing("42", with: #""42""#), "id"),
    ])
    func `an answer that is not the payment leaves a report unknown, and the next good one settles it`(
        what: String, answer: String, reason: String
    ) async throws {
        let api = try API(answer)
        let test = try await ConfirmingFixture(.files, asking: api.url)
        try test.report(Self.report)
        let told = try await test.unknown(42)
        #expect(told.contains(reason), "\(what): \(told)")
        #expect(try test.confirmations().isEmpty && test.refutations().isEmpty)
        api.say(Self.report)
        try await eventually("the confirmation") { try test.confirmations().map(\.of) == [[2]] }
        await test.end()
        #expect(try test.refutations().isEmpty)
        await api.end()
    }

    @Test func `an answer that is older than what was confirmed is lag, and settles nothing`() async throws {
        let api = try API(Self.report)
        let test = try await ConfirmingFixture(.files, asking: api.url)
        try test.report(Self.report)
        try await eventually("the confirmation") { try test.confirmations().count == 1 }
        let older = Self.report.replacing("11-20", with: "11-19").replacing("paid", with: "open")
        api.say(older)
        // What it says has been left long ago; the answer would even agree with it.
        try test.report(older)
        #expect(try await test.unknown(42).contains("older than what was confirmed"))
        #expect(try test.confirmations().count == 1)
        api.say(Self.report)
        try await eventually("the settlement") { try test.confirmations().count == 2 }
        await test.end()
        let settled = try #require(try test.confirmations().last)
        #expect(try !settled.news && ConfirmedPayment(answer: settled.current, asked: 42).state == "paid")
        await api.end()
    }

    @Test(arguments: [true, false])
    func `an API whose name or certificate does not hold is unknown, and refutes nothing`(isName: Bool) async throws {
        let api = try API(Self.report)
        // Nobody has that name (RFC 6761 section 6.4); and who speaks plain HTTP has no certificate.
        let url = isName ? "https://api.invalid/api/v1" : api.url.replacing("http://", with: "https://")
        let test = try await ConfirmingFixture(.files, asking: url)
        try test.report(Self.report)
        _ = try await test.unknown(42)
        #expect(test.confirmer.health.current.isReachable == false)
        #expect(test.ledger.counts.pending == 1)
        await test.end()
        #expect(try test.confirmations().isEmpty && test.refutations().isEmpty)
        await api.end()
    }
}
