import HTTP1
import HTTPServer
import Synchronization

/// A handler that keeps what reaches it, and answers with the path alone.
final class RequestWatch: RequestHandler {
    struct Seen: Sendable {
        let path: String
        let body: [UInt8]
        /// The values of the field that the proxy puts into each request of its own making.
        let tags: [String]
    }

    private let seen = Mutex<[Seen]>([])

    func handle(_ request: Request, _ exchange: Exchange) {
        let path = String(decoding: request.path, as: UTF8.self)
        let tags = request.values(of: "X-Front").map { String(decoding: $0, as: UTF8.self) }
        seen.withLock { $0.append(Seen(path: path, body: Array(request.body), tags: tags)) }
        exchange.respond(Response(status: 200, body: request.method == .head ? [] : Array(path.utf8)))
    }

    /// What has come since the last call.
    func take() -> [Seen] {
        seen.withLock { seen in
            defer { seen = [] }
            return seen
        }
    }
}
