import HTTP1

/// A URL of the merchant's application. It may hold a secret in a query, so it is shown without.
package struct ForwardURL: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The URL as it was written.
    package let exposed: String
    /// The same without query: what the journal, the log and the status call the endpoint.
    package let name: String
    /// Whether it is `http`, to another machine.
    package let isReadableOnTheWay: Bool

    /// The form without secrets.
    package var description: String { name }

    /// The form without secrets.
    package var debugDescription: String { name }

    /// Without children, so that `dump` shows no more.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension ValueKind<ForwardURL> {
    /// A URL to deliver to.
    static var forwardURL: Self { ValueKind(parse: ForwardURL.parse, shown: { $0.name }) }
}

extension ForwardURL {
    @Sendable fileprivate static func parse(_ text: String) throws(ValueFault) -> ForwardURL {
        guard let separator = text.firstRange(of: "://") else {
            throw APIURL.fault("is not a URL", "write https://HOST/PATH")
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else {
            throw APIURL.fault("has neither the scheme https nor http", "write https://HOST/PATH")
        }
        guard !text.contains("#") else { throw APIURL.fault("has a fragment", "end it with the path or query") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.utf8.count <= 2048 else {
            throw APIURL.fault("holds a space, a character beyond ASCII, or more than 2048 bytes", "percent-encode it")
        }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@") else {
            // No client would send it: the transport refuses such a URL.
            throw APIURL.fault(
                "has a user or password in it",
                "remove it: deliveries are signed with ECRYPTOPAY_FORWARD_SECRET, or put a token into the query")
        }
        guard !authority.isEmpty else { throw APIURL.fault("has no host", "write https://HOST/PATH") }
        let (host, port) = try APIURL.hostAndPort(authority)
        let query = rest[end...].firstIndex(of: "?")
        let path = rest[end..<(query ?? rest.endIndex)]
        guard PercentEncoding.isPath(path) else {
            throw APIURL.fault("has a path with characters that do not belong into a URL", "percent-encode them")
        }
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let isStandardPort = port == nil || port == (scheme == "https" ? 443 : 80)
        let shownPort = isStandardPort ? "" : port.map { ":\($0)" } ?? ""
        return ForwardURL(
            exposed: text, name: "\(scheme)://\(shownHost)\(shownPort)\(path)\(query == nil ? "" : "?…")",
            isReadableOnTheWay: scheme == "http" && !APIURL.isLoopback(host))
    }
}
