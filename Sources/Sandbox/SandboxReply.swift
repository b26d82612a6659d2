import HTTP1
import JSON

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
    var manner = Manner.whole
    var delay = Duration.zero
    var webhooks: [SandboxWebhook] = []

    static func json(_ status: Int, _ value: JSONValue, fields: [(String, String)] = []) -> SandboxReply {
        // As Rails labels it.
        SandboxReply(
            status: status, contentType: "application/json; charset=utf-8", fields: fields, body: value.serialized())
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

    /// For the server.
    var response: Response {
        guard manner == .cut else {
            return Response(status: status, contentType: contentType, fields: fields, body: body)
        }
        // One chunk of 4,096 bytes is announced; half a body and the end of the connection follow.
        var response = Response(
            status: status, contentType: contentType, fields: fields + [("Transfer-Encoding", "chunked")],
            body: Array("1000\r\n".utf8) + body.prefix(body.count / 2))
        response.closesConnection = true
        return response
    }
}
