import HTTP1
import HTTPServer
import JSON
import Logging
import POSIX
import TestSupport
import Testing

/// Nobody fills the log with webhooks.
struct LogFloodTests {
    private static let known: Int64 = 1500
    /// Its state is a long text.
    private static let wordy: Int64 = 1501

    /// An API with many payments that never change.
    private final class Handler: RequestHandler {
        func handle(_ request: Request, _ exchange: Exchange) {
            let path = String(decoding: request.path, as: UTF8.self)
            if path.hasSuffix("/oauth/token") { return exchange.respond(.json(status: 200, EchoingAPI.grant)) }
            if let id = path.split(separator: "/").last.flatMap({ Int64($0) }) {
                return exchange.respond(.json(status: 200, payment(id)))
            }
            exchange.respond(.json(status: 200, "[\((1...known).map(payment).joined(separator: ","))]"))
        }

        private func payment(_ id: Int64) -> String {
            let state = id == wordy ? "long" + String(repeating: "x", count: 5000) : "paid"
            return DaemonUnderTest.report(id, state: state)
        }
    }

    @Test func `forged reports about known ids make few lines, and what is refuted beside them is told`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let server = try HTTPServer(
                label: "api", handler: Handler(),
                logger: Logger(label: "api", factory: { _ in SwiftLogNoOpLogHandler() }))
            let socket = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
            try server.start([socket])
            let daemon = try DaemonUnderTest(apiURL: "http://\(socket.address)/api/v1")
            try daemon.set("ECRYPTOPAY_CONFIRM_RATE", "10000")
            try await daemon.startWithBaseline()
            let client = try ClientSocket(daemon.address)
            for id in 1...Self.known {
                // An older state: the API's answer settles it, and tells nothing new.
                try client.send(DaemonUnderTest.request(DaemonUnderTest.report(id, state: "forged")))
                #expect(try client.receive().status == 200)
            }
            func settled() throws -> Int { try daemon.records("confirmed").count { $0["cause"]?.string == "webhook" } }
            try await eventually("every report is settled") { try settled() == Int(Self.known) }
            #expect(try daemon.post(DaemonUnderTest.report(3, amount: "9.99")).status == 200)
            try await daemon.process?.waitForOutput(containing: "of payment 3 refuted: amount-mismatch")
            #expect(try daemon.post(DaemonUnderTest.report(Self.wordy)).status == 200)
            try await daemon.process?.waitForOutput(containing: "payment \(Self.wordy) confirmed")
            try await daemon.end()
            let lines = try #require(daemon.process).errors.split(separator: "\n")
            let told = lines.filter { $0.contains("confirmed, nothing new") }
            // However long the machine takes for the flood, it takes no minute for thirty of it.
            #expect(!told.isEmpty && told.count < Int(Self.known) / 4, "\(told.count)")
            #expect(lines.count - told.count < 30, "\(lines.joined(separator: "\n"))")
            #expect(lines.contains { $0.contains("longxxx") && $0.contains("x…, 150") && $0.utf8.count < 400 })
            await server.drain(grace: .zero)
        }
    }
}
