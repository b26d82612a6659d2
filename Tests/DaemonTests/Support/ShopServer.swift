import HTTP1
import HTTPServer
import Logging
import POSIX
import Synchronization
import TestSupport

/// The merchant's application: a real HTTP server that notes what it gets and answers as the test says.
final class ShopServer: Sendable {
    /// A delivery as it came.
    struct Delivery: Sendable {
        let body: String
        let fields: [String: String]

        var id: String? { fields["webhook-id"] }
    }

    typealias Script = @Sendable (Exchange) -> Void

    private final class Handler: RequestHandler {
        let state: Mutex<(deliveries: [Delivery], script: Script)>

        init(_ script: @escaping Script) { state = Mutex(([], script)) }

        func handle(_ request: Request, _ exchange: Exchange) {
            var fields: [String: String] = [:]
            for field in request.fields {
                fields[String(decoding: field.name, as: UTF8.self).lowercased()] = String(
                    decoding: field.value, as: UTF8.self)
            }
            let delivery = Delivery(body: String(decoding: request.body, as: UTF8.self), fields: fields)
            let script = state.withLock { state in
                state.deliveries.append(delivery)
                return state.script
            }
            script(exchange)
        }
    }

    let url: String
    private let handler: Handler
    private let server: HTTPServer

    init(_ script: @escaping Script = { $0.respond(Response(status: 204)) }) throws {
        handler = Handler(script)
        server = try HTTPServer(
            label: "shop", handler: handler, logger: Logger(label: "shop", factory: { _ in SwiftLogNoOpLogHandler() }))
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        url = "http://\(socket.address)/hook"
        try server.start([socket])
    }

    var deliveries: [Delivery] { handler.state.withLock { $0.deliveries } }

    func change(_ script: @escaping Script) { handler.state.withLock { $0.script = script } }

    func stop() async { await server.drain(grace: .zero) }
}
