import HTTP1
import HTTPServer
import Logging
import POSIX
import Synchronization
import TestSupport

/// A handler made of a closure.
struct Handler: RequestHandler {
    let body: @Sendable (Request, Exchange) -> Void

    func handle(_ request: Request, _ exchange: Exchange) { body(request, exchange) }

    /// Answers at once with the method, the path and the body of the request.
    static let echo = Handler { request, exchange in exchange.respond(.echo(of: request)) }
}

extension Response {
    static func echo(of request: Request) -> Response {
        let words = ["\(request.method)", String(decoding: request.path, as: UTF8.self)]
        let text = words.joined(separator: " ") + " " + String(decoding: request.body, as: UTF8.self)
        return Response(status: 200, contentType: "text/plain", body: Array(text.utf8))
    }
}

/// A handler that keeps its exchanges for the test to answer.
final class Waiting: RequestHandler {
    private let exchanges = Mutex<[Exchange]>([])
    private let body: @Sendable (Request, Exchange) -> Void

    /// `body` says what becomes of each request at once, if anything.
    init(_ body: @escaping @Sendable (Request, Exchange) -> Void = { _, _ in }) { self.body = body }

    func handle(_ request: Request, _ exchange: Exchange) {
        exchanges.withLock { $0.append(exchange) }
        body(request, exchange)
    }

    /// How many requests have come.
    var count: Int { exchanges.withLock { $0.count } }

    /// The exchange of the request that came as the `index`th.
    func exchange(_ index: Int = 0) async throws -> Exchange {
        try await eventualValue("request \(index)") {
            exchanges.withLock { $0.count > index ? $0[index] : nil }
        }
    }

    /// Lets go of the exchanges, each of which holds its server, which holds this handler.
    func forget() { exchanges.withLock { $0 = [] } }
}

/// What a server has logged.
final class Log: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func count(of text: String) -> Int { all.count { $0.contains(text) } }

    var logger: Logger {
        Logger(label: "test") { _ in Collector(log: self) }
    }

    private struct Collector: LogHandler {
        let log: Log
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

extension HTTPServer.Options {
    /// For tests that are not about time: none of it runs out, however crowded the machine is.
    static var patient: Self {
        var options = Self()
        options.requestTimeout = .seconds(600)
        options.idleTimeout = .seconds(600)
        options.writeTimeout = .seconds(600)
        options.lingerTimeout = .seconds(600)
        return options
    }
}

/// Runs `body`, which may block, with a server that listens on a free port, and drains the server whatever happens.
func withServer(
    _ options: HTTPServer.Options = .patient, on address: String = "127.0.0.1:0",
    handler: any RequestHandler = Handler.echo, log: Log = Log(),
    _ body: (HTTPServer, SocketAddress) async throws -> Void
) async throws {
    let server = try HTTPServer(label: "test", options: options, handler: handler, logger: log.logger)
    let socket = try ListeningSocket(binding: SocketAddress(parsing: address))
    try server.start([socket])
    var outcome: Result<Void, any Error> = .success(())
    await withTaskExecutorPreference(ClientExecutor()) {
        do { try await body(server, socket.address) } catch { outcome = .failure(error) }
    }
    await server.drain(grace: .zero)
    (handler as? Waiting)?.forget()
    try outcome.get()
}

/// A request with a Host field and what else is given.
func request(_ line: String, _ fields: String = "", body: String = "") -> String {
    "\(line) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)"
}
