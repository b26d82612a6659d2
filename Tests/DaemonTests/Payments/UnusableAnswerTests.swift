import HTTP1
import HTTPServer
import JSON
import Logging
import POSIX
import Synchronization
import TestSupport
import Testing

/// The rows of the table of verdicts that a stand-in for ecryptopay does not show, through the running daemon: answers that are
/// well-formed and say the wrong thing, and an API that is not reached at all.
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
            let path = String(decoding: request.path, as: UTF8.self)
            let body =
                switch path {
                case "/api/v1/oauth/token": #"{"access_token":"5c1bd9b0a7e9","token_type":"Bearer","expires_in":7200}"#
                case "/api/v1/payments": "[]"
                default: answer.withLock { $0 }
                }
            exchange.respond(.json(status: 200, body))
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
    func `an answer that says something else is unknown, until it does not`(
        what: String, answer: String, reason: String
    ) async throws {
        let api = try API(answer)
        let daemon = try DaemonUnderTest(apiURL: api.url)
        try daemon.set("ECRYPTOPAY_LOG_LEVEL", "debug")
        try await daemon.startWithBaseline()
        #expect(try daemon.post(Self.report).status == 200)
        try await daemon.process?.waitForOutput(containing: "payment 42 unknown")
        let line = daemon.process?.errors.split(separator: "\n").first { $0.contains("payment 42 unknown") }
        #expect(line?.contains(reason) == true, "\(what): \(line ?? "")")
        #expect(try daemon.payments("confirmed").isEmpty && daemon.payments("refuted").isEmpty)
        api.say(Self.report)
        try await eventually("the confirmation") { try daemon.payments("confirmed") == [42] }
        try await daemon.end()
        #expect(try daemon.payments("refuted").isEmpty)
        await api.end()
    }

    @Test func `an answer that is older than what was confirmed is lag, and settles nothing`() async throws {
        let api = try API(Self.report)
        let daemon = try DaemonUnderTest(apiURL: api.url)
        try daemon.set("ECRYPTOPAY_LOG_LEVEL", "debug")
        try await daemon.startWithBaseline()
        #expect(try daemon.post(Self.report).status == 200)
        try await eventually("the confirmation") { try daemon.payments("confirmed") == [42] }
        api.say(Self.report.replacing("11-20", with: "11-19").replacing("paid", with: "open"))
        // What it says has been left long ago; the answer would even agree with it.
        #expect(
            try daemon.post(Self.report.replacing("11-20", with: "11-19").replacing("paid", with: "open")).status
                == 200)
        try await daemon.process?.waitForOutput(containing: "payment 42 unknown")
        #expect(daemon.process?.errors.contains("older than what was confirmed") == true)
        #expect(try daemon.payments("confirmed") == [42])
        api.say(Self.report)
        try await eventually("the settlement") { try daemon.payments("confirmed") == [42, 42] }
        let settled = try #require(try daemon.records("confirmed").last)
        #expect(settled["news"] == .bool(false) && settled["current"]?["state"]?.string == "paid")
        try await daemon.end()
        await api.end()
    }

    @Test(arguments: [true, false])
    func `an API whose name or certificate does not hold is unknown, and refutes nothing`(isName: Bool) async throws {
        let api = try API(Self.report)
        // Nobody has that name (RFC 6761 section 6.4); and who speaks plain HTTP has no certificate.
        let url = isName ? "https://api.invalid/api/v1" : api.url.replacing("http://", with: "https://")
        let daemon = try DaemonUnderTest(apiURL: url)
        try daemon.set("ECRYPTOPAY_LOG_LEVEL", "debug")
        try await daemon.start()
        #expect(try daemon.post(Self.report).status == 200)
        try await daemon.process?.waitForOutput(containing: "payment 42 unknown")
        #expect(try daemon.status()["api"]?["reachable"] == .bool(false))
        #expect(try daemon.status()["pending"]?.integer == 1)
        try await daemon.end()
        #expect(try daemon.payments("confirmed").isEmpty && daemon.payments("refuted").isEmpty)
        await api.end()
    }
}
