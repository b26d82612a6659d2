import HTTP1
import HTTPServer
import Logging
import POSIX
import Synchronization

/// A real HTTP server that takes webhooks, notes them, and answers with one status.
final class WebhookReceiver: Sendable {
    /// One webhook as it came.
    struct Received: Sendable {
        let body: String
        let fields: [String: String]
    }

    private final class Handler: RequestHandler {
        let received = Mutex<[Received]>([])
        let status: Int

        init(status: Int) { self.status = status }

        func handle(_ request: Request, _ exchange: Exchange) {
            var fields: [String: String] = [:]
            for field in request.fields {
                fields[String(decoding: field.name, as: UTF8.self)] = String(decoding: field.value, as: UTF8.self)
            }
            let webhook = Received(body: String(decoding: request.body, as: UTF8.self), fields: fields)
            received.withLock { $0.append(webhook) }
            exchange.respond(Response(status: status))
        }
    }

    let url: String
    private let handler: Handler
    private let server: HTTPServer

    init(status: Int = 200) throws {
        handler = Handler(status: status)
        let logger = Logger(label: "receiver", factory: { _ in SwiftLogNoOpLogHandler() })
        server = try HTTPServer(label: "receiver", handler: handler, logger: logger)
        let socket = try ListeningSocket(binding: SandboxFixture.address)
        url = "http://\(socket.address.description)/webhooks"
        try server.start([socket])
    }

    var received: [Received] { handler.received.withLock { $0 } }

    func stop() async { await server.drain(grace: .zero) }
}
