import HTTP1
import HTTPServer
import Logging
import POSIX
import Synchronization

/// An API that gives tokens which the test knows, and whose errors repeat all that it was told: the worst for secrets.
final class EchoingAPI: Sendable {
    static let token = "hush-access-token"
    static let refreshToken = "hush-refresh-token"

    private final class Handler: RequestHandler {
        /// Errors that are still to be answered, instead of a payment.
        let errors = Mutex([401, 500, 422])
        let grant: String
        let authorizations = Mutex<[String]>([])

        init(grant: String) { self.grant = grant }

        func handle(_ request: Request, _ exchange: Exchange) {
            let path = String(decoding: request.path, as: UTF8.self)
            if path.hasSuffix("/oauth/token") { return exchange.respond(.json(status: 200, grant)) }
            let authorization = String(decoding: request.firstValue(of: "Authorization") ?? [], as: UTF8.self)
            authorizations.withLock { $0.append(authorization) }
            guard let id = path.split(separator: "/").last.flatMap({ Int64($0) }) else {
                return exchange.respond(.json(status: 200, "[]"))
            }
            if let status = errors.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                return exchange.respond(.json(status: status, #"{"error":"refused","message":"\#(authorization)"}"#))
            }
            exchange.respond(.json(status: 200, #"{"id":\#(id),"state":"paid","amount":"150.0","currency":"btc"}"#))
        }
    }

    static let grant = """
        {"access_token":"\(token)","token_type":"Bearer","expires_in":7200,"refresh_token":"\(refreshToken)",\
        "created_at":1667325845}
        """

    let url: String
    private let handler: Handler
    private let server: HTTPServer

    /// `grant` is what it answers to whoever asks for a token.
    init(grant: String = EchoingAPI.grant) throws {
        handler = Handler(grant: grant)
        server = try HTTPServer(
            label: "api", handler: handler, logger: Logger(label: "api", factory: { _ in SwiftLogNoOpLogHandler() }))
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        url = "http://\(socket.address)/api/v1"
        try server.start([socket])
    }

    /// What stood in the field `Authorization` of each call, in order.
    var authorizations: [String] { handler.authorizations.withLock { $0 } }

    func stop() async { await server.drain(grace: .zero) }
}
