package import Dispatch
package import HTTP1

/// The way back to whoever sent a request. A small value: keep it for as long as the answer takes.
///
/// Answers must be given on the server's queue; elsewhere it traps. It keeps no connection open: when the sender has gone, the
/// answer goes nowhere.
package struct Exchange: Sendable {
    let server: HTTPServer
    let token: Token
    /// Which of the connection's requests it is about.
    let number: Int

    /// Where the request came from, e.g. `127.0.0.1:4711`, `[::1]:4711`, or `unix`.
    package let peer: String
    /// Whether the request came over a Unix socket or from a loopback address: then `peer` may be a proxy of this machine.
    package let isPeerLocal: Bool

    /// The server's queue. To answer many exchanges at once, do it in one `async`, with ``respond(_:to:)``.
    package var queue: DispatchQueue { server.queue }

    /// Answers. A second answer to the same request is ignored.
    package func respond(_ response: Response) {
        server.assumeIsolated { $0.respond(response, to: self) }
    }

    /// Gives many exchanges of one server the same answer.
    package static func respond(_ response: Response, to exchanges: [Exchange]) {
        guard let server = exchanges.first?.server else { return }
        server.assumeIsolated { server in
            for exchange in exchanges { server.respond(response, to: exchange) }
        }
    }

    /// Answers with a body that comes piece by piece; the response's own body is not sent.
    ///
    /// To HTTP/1.1 the pieces go as chunks; to HTTP/1.0 the end of the connection ends the body. A reader that ends its
    /// side of the connection is taken to have gone. Each time that the reader falls behind, it has the write time-out to
    /// catch up.
    package func respond(_ response: Response, streaming source: any BodySource) {
        server.assumeIsolated { $0.respond(response, streaming: source, to: self) }
    }

    /// Says that the source of the streamed body has more after it said `later`.
    package func resume() {
        server.assumeIsolated { $0.resume(self) }
    }
}
