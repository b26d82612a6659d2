import HTTP1
import Payments

/// What the sandbox reads of a request.
struct SandboxRequest {
    let method: Method
    /// Between slashes; empty segments, as a slash at the end makes one, are left out, as Rails does.
    let segments: [String]
    /// The token of `Authorization: Bearer …`.
    let bearer: String?
    let body: [UInt8]

    /// The payment that is asked for alone.
    var fetched: PaymentID? {
        guard method == .get, segments.count == 4, segments.starts(with: ["api", "v1", "payments"]) else { return nil }
        return PaymentID(segments[3])
    }

    init(method: Method, path: String, bearer: String? = nil, body: [UInt8] = []) {
        self.method = method
        segments = path.split(separator: "/").map(String.init)
        self.bearer = bearer
        self.body = body
    }

    init(_ request: Request) {
        let authorization = request.firstValue(of: "Authorization").map { String(decoding: $0, as: UTF8.self) }
        self.init(
            method: request.method, path: String(decoding: request.path, as: UTF8.self),
            bearer: authorization.flatMap { text in
                text.lowercased().hasPrefix("bearer ") ? String(text.dropFirst(7)) : nil
            }, body: Array(request.body))
    }
}
