import Dispatch
import HTTP1
import HTTPServer
import Logging
import POSIX
import Synchronization

/// An API that answers each call at once, but for the list of all payments: that is empty, and comes byte by byte until the test
/// ends it.
final class DrippingAPI: Sendable {
    private final class Handler: RequestHandler {
        let dripped = Atomic(0)
        let isFinished = Atomic(false)

        func handle(_ request: Request, _ exchange: Exchange) {
            let path = String(decoding: request.path, as: UTF8.self)
            if path.hasSuffix("/oauth/token") {
                return exchange.respond(
                    .json(status: 200, #"{"access_token":"token","token_type":"Bearer","expires_in":7200}"#))
            }
            if let id = path.split(separator: "/").last.flatMap({ Int64($0) }) {
                let payment = #"{"id":\#(id),"state":"paid","amount":"150.0","currency":"btc"}"#
                return exchange.respond(.json(status: 200, payment))
            }
            exchange.respond(.json(status: 200, ""), streaming: Drip(self, exchange))
        }
    }

    /// White space in an array.
    private final class Drip: BodySource {
        private enum Phase { case start, pause, drop, end }

        private let handler: Handler
        private let exchange: Exchange
        private let phase = Mutex(Phase.start)

        init(_ handler: Handler, _ exchange: Exchange) { (self.handler, self.exchange) = (handler, exchange) }

        func next() -> BodyPiece {
            phase.withLock { phase in
                switch phase {
                case .start:
                    phase = .pause
                    return .bytes([UInt8(ascii: "[")])
                case .pause:
                    phase = .drop
                    exchange.queue.asyncAfter(deadline: .now() + .milliseconds(2)) { [exchange] in exchange.resume() }
                    return .later
                case .drop where handler.isFinished.load(ordering: .relaxed):
                    phase = .end
                    return .bytes([UInt8(ascii: "]")])
                case .drop:
                    phase = .pause
                    handler.dripped.add(1, ordering: .relaxed)
                    return .bytes([UInt8(ascii: " ")])
                case .end: return .end
                }
            }
        }
    }

    let url: String
    private let handler = Handler()
    private let server: HTTPServer

    init() throws {
        server = try HTTPServer(
            label: "api", handler: handler, logger: Logger(label: "api", factory: { _ in SwiftLogNoOpLogHandler() }))
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        url = "http://\(socket.address)/api/v1"
        try server.start([socket])
    }

    /// How many bytes of lists have come.
    var dripped: Int { handler.dripped.load(ordering: .relaxed) }

    /// Ends the list.
    func finish() { handler.isFinished.store(true, ordering: .relaxed) }

    func stop() async { await server.drain(grace: .zero) }
}
