/// A request's method (RFC 9110 section 9). Methods are case-sensitive: `get` is not `GET`.
public enum Method: Sendable, Hashable {
    case get, head, post, put, delete, patch, options, trace, connect
    /// A well-formed method that this server has no name for; whoever handles the request answers 404 or 405.
    case other

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self = Self.named.first { bytes.equals($0.name, range) }?.method ?? .other
    }

    private static let named: [(name: String, method: Method)] = [
        ("POST", .post), ("GET", .get), ("HEAD", .head), ("PUT", .put), ("DELETE", .delete), ("PATCH", .patch),
        ("OPTIONS", .options), ("TRACE", .trace), ("CONNECT", .connect),
    ]
}
