/// Why a call of the API brought no result: what was asked, what came back, and whether asking again may help.
///
/// Neither its description nor any member holds a password, client secret or token, even when the server repeats one.
public struct APIError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The causes that a caller may want to tell apart.
    public enum Kind: Sendable, Hashable {
        /// The request could not be sent as it was; mostly a faulty API URL.
        case invalidRequest
        /// The host's name did not resolve.
        case dns
        /// No connection: refused or unreachable.
        case connect
        /// No secure connection, and why.
        case tls(TLSFault)
        /// The time for the call ran out.
        case timeout
        /// The connection ended before the whole answer was there.
        case connectionLost
        /// What came back was not HTTP.
        case malformedAnswer
        /// The answer was larger than that many bytes.
        case tooLarge(limit: Int)
        /// An answer with a status outside 2xx. 401 means that a fresh token was refused too; a 3xx is never followed.
        case status(Int)
        /// A 2xx whose body is not what the API's documentation promises.
        case undecodable
        /// A good answer about another payment, whose id this is.
        case wrongID(Int64)
        /// The token endpoint refused the account: `invalid_grant` or `invalid_client` (RFC 6749 5.2).
        case credentialsRefused
        /// The calling task was cancelled.
        case cancelled
        /// Anything else; the detail says what.
        case other
    }

    /// The cause.
    public let kind: Kind
    /// The request's method, `GET` or `POST`.
    public let method: String
    /// The request's path, e.g. `/api/v1/payments/42`.
    public let path: String
    /// What happened, in one line of at most a few hundred characters.
    public let detail: String
    /// How long the server asked to wait (RFC 9110 10.2.3), or how long a remembered refusal still holds.
    public let retryAfter: Duration?

    /// An error with all its parts; `detail` must be fit for a log.
    public init(kind: Kind, method: String, path: String, detail: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.method = method
        self.path = path
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// Whether the same call may succeed later without anybody changing anything here.
    ///
    /// It does not say that repeating is harmless: a `createPayment` that timed out may have created the payment.
    public var isTransient: Bool {
        switch kind {
        case .dns, .connect, .timeout, .connectionLost, .malformedAnswer, .other, .tls(.other): true
        case .status(let status): status == 408 || status == 425 || status == 429 || status >= 500
        case .invalidRequest, .tls, .tooLarge, .undecodable, .wrongID, .credentialsRefused, .cancelled: false
        }
    }

    /// Whether it was the call for a token that failed, whatever was to be done with it.
    package var isAboutToken: Bool { path.hasSuffix(ClientSession.tokenPath) }

    /// E.g. `GET /api/v1/payments/42: answered 404: Not Found`.
    public var description: String {
        let wait = retryAfter.map { " (retry after \($0.components.seconds) s)" } ?? ""
        return "\(method) \(path): \(detail)\(wait)"
    }
}
