/// How a `Transport` connects.
package struct TransportOptions: Sendable, Hashable {
    /// Where requests may go without TLS.
    package enum Plaintext: Sendable, Hashable {
        /// To 127.0.0.0/8, ::1 and `localhost` only.
        case loopbackOnly
        /// Anywhere.
        case anywhere
    }

    /// How many requests may be under way at once.
    package var workers: Int
    /// The time for resolving, connecting and the TLS handshake, within the request's own time-out.
    package var connectTimeout: Duration
    /// The path of a PEM bundle to trust in place of the system's authorities.
    package var caFile: String?
    /// The value of `User-Agent`, unless a request brings its own; nil sends none.
    package var userAgent: String?
    /// Where `http:` is allowed.
    package var plaintext: Plaintext
    /// The path of a Unix socket to connect to, whatever host the URL names.
    package var unixSocket: String?

    /// Four workers, five seconds to connect, the system's authorities, `http:` for loopback only.
    package init(
        workers: Int = 4, connectTimeout: Duration = .seconds(5), caFile: String? = nil, userAgent: String? = nil,
        plaintext: Plaintext = .loopbackOnly, unixSocket: String? = nil
    ) {
        self.workers = workers
        self.connectTimeout = connectTimeout
        self.caFile = caFile
        self.userAgent = userAgent
        self.plaintext = plaintext
        self.unixSocket = unixSocket
    }
}
