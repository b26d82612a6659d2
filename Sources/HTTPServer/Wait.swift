import HTTP1

/// What a connection waits for. While it stays the same, the deadline stays: bytes that trickle move nothing.
enum Wait: Hashable {
    /// The first byte of the next request; so many came before it.
    case idle(requests: Int)
    /// The rest of a request; so many came before it.
    case request(requests: Int)
    /// The handler, which has no deadline here.
    case answer
    /// The peer is to take all that is ready. Once it has, it is another wait.
    case write
    /// The peer is to notice the end.
    case linger

    /// How long that may take; `nil` for ever.
    func timeout(_ options: HTTPServer.Options) -> Duration? {
        switch self {
        case .idle(0), .request: options.requestTimeout
        case .idle: options.idleTimeout
        case .answer: nil
        case .write: options.writeTimeout
        case .linger: options.lingerTimeout
        }
    }
}
