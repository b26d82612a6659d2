import Dispatch
import Glibc
import HTTP1
import HTTPServer
import Logging
import POSIX

/// The server with a handler that does nothing, on a free port, which it prints: `ServerBenchmark [MAX-CONNECTIONS]`.
@main
enum ServerBenchmark {
    private struct Nothing: RequestHandler {
        private static let answer = Response.json(status: 200, "ok")

        func handle(_ request: Request, _ exchange: Exchange) { exchange.respond(Self.answer) }
    }

    static func main() throws {
        var options = HTTPServer.Options()
        options.maxConnections = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1024
        options.idleTimeout = .seconds(600)
        let server = try HTTPServer(
            label: "benchmark", options: options, handler: Nothing(), logger: Logger(label: "benchmark"))
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        try server.start([socket])
        // At once, though it is no terminal that reads it.
        let line = Array("\(socket.address)\n".utf8)
        _ = write(1, line, line.count)
        dispatchMain()
    }
}
