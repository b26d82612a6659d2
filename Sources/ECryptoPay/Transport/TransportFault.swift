/// Why a request got no answer.
package struct TransportFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The causes that a caller may want to tell apart.
    package enum Kind: Sendable, Hashable {
        /// The request could not be sent as it was: a faulty URL or header field, or plain `http:` where it is not
        /// allowed.
        case invalidRequest
        /// The host's name (or the proxy's) did not resolve.
        case dns
        /// No connection: refused, unreachable, or a proxy said no.
        case connect
        /// No *secure* connection.
        case tls(TLSFault)
        /// The connect or the total time-out ran out.
        case timeout
        /// The connection ended before the whole answer was there.
        case connectionLost
        /// What came back was not HTTP/1.x, or its content coding was broken.
        case malformedAnswer
        /// The answer's body would have been larger than that many bytes.
        case tooLarge(limit: Int)
        /// The calling task was cancelled.
        case cancelled
        /// Anything else that libcurl reports; the message says what.
        case other
    }

    /// The cause.
    package let kind: Kind
    /// One line for people, without secrets: no header field, body or credential of the request is in it.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
