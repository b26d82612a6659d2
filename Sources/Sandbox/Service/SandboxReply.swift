import HTTP1
import HTTPServer
import JSON
import Payments

/// What the sandbox does with a request: an answer, how it is given, and the webhooks that follow from it.
struct SandboxReply {
    enum Manner: Hashable {
        case whole
        /// Breaks off in the middle of the body.
        case cut
        /// No answer ever.
        case never
    }

    var status: Int
    var contentType: String?
    var fields: [(String, String)] = []
    var body: [UInt8]
    /// Whether the body goes out in chunks, as Rails sends it; else its length is stated.
    var isChunked = false
    var manner = Manner.whole
    var delay = Duration.zero
    var webhooks: [SandboxWebhook] = []
    /// The payment that was asked for alone: the fetch ends with this reply.
    var fetched: PaymentID?

    static func json(_ status: Int, _ value: JSONValue, fields: [(String, String)] = []) -> SandboxReply {
        // As Rails labels it.
        SandboxReply(
            status: status, contentType: "application/json; charset=utf-8", fields: fields, body: value.serialized(),
            isChunked: true)
    }

    static func text(_ status: Int, _ text: String) -> SandboxReply {
        SandboxReply(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// As Rails answers by itself: `{"status":404,"error":"Not Found"}`.
    static func rails(_ status: Int) -> SandboxReply {
        json(status, .dictionary(["status": .integer(status), "error": .string(Status.reason(status))]))
    }

    /// A control request that cannot be carried out, and how to mend it.
    static func refusal(_ status: Int, _ message: String) -> SandboxReply {
        json(status, .dictionary(["status": .integer(status), "error": .string(message)]))
    }

    /// Hands the answer to whoever asked.
    func send(to exchange: Exchange) {
        let response = Response(status: status, contentType: contentType, fields: fields, body: body)
        switch manner {
        case .never: break
        case .whole where !isChunked: exchange.respond(response)
        case .whole: exchange.respond(response, streaming: SandboxBody([.bytes(body), .end]))
        case .cut:
            let half = Array(body.prefix(body.count / 2))
            exchange.respond(response, streaming: SandboxBody([.bytes(half), .broken]))
        }
    }
}
