import Glibc

/// The second reader's view of a request target.
struct Target {
    let path: [UInt8]
    let query: [UInt8]?

    /// `request-target = origin-form / absolute-form / asterisk-form`; the authority form is for proxies only
    /// (RFC 9112 section 3.2).
    init(_ bytes: [UInt8], isOptions: Bool) throws(StrictReader.Unreadable) {
        var reader = StrictReader(bytes)
        if isOptions, bytes == Array("*".utf8) {
            (path, query) = (bytes, nil)
            return
        }
        if !reader.has("/") {
            // absolute-URI = scheme ":" hier-part [ "?" query ], of the two schemes that a server of HTTP has.
            let scheme = Grammar.lowercased(try reader.some { $0 != 0x3A })
            guard scheme == "http" || scheme == "https" else { throw StrictReader.Unreadable() }
            try reader.literal("://")
            // An http URI with an empty host is invalid (RFC 9110 section 4.2.1).
            guard try !Self.authority(&reader).isEmpty else { throw StrictReader.Unreadable() }
        }
        // An empty path is the same as "/" (RFC 9110 section 4.2.3).
        path = reader.has("/") ? try reader.encoded(Grammar.isPath) : Array("/".utf8)
        if reader.has("?") {
            try reader.literal("?")
            query = try reader.encoded(Grammar.isQuery)
        } else {
            query = nil
        }
        guard reader.isAtEnd else { throw StrictReader.Unreadable() }
    }

    /// `Host = uri-host [ ":" port ]` (RFC 9110 section 7.2).
    static func checkHost(_ value: [UInt8]) throws(StrictReader.Unreadable) {
        var reader = StrictReader(value)
        _ = try authority(&reader)
        guard reader.isAtEnd else { throw StrictReader.Unreadable() }
    }

    /// `uri-host [ ":" port ]`, of which the host is returned.
    private static func authority(_ reader: inout StrictReader) throws(StrictReader.Unreadable) -> [UInt8] {
        let host = reader.has("[") ? try addressLiteral(&reader) : try reader.encoded(Grammar.isName)
        if reader.has(":") {
            try reader.literal(":")
            let port = String(decoding: reader.many(Grammar.isDigit), as: UTF8.self)
            // port = *DIGIT, but a larger one than TCP has leads nowhere.
            guard port.isEmpty || Int(port).map({ $0 <= 65535 }) ?? false else { throw StrictReader.Unreadable() }
        }
        return host
    }

    /// `IP-literal = "[" IPv6address "]"` (RFC 3986 section 3.2.2), by the C library's judgement. A later version of the
    /// protocol (`IPvFuture`) does not exist.
    private static func addressLiteral(_ reader: inout StrictReader) throws(StrictReader.Unreadable) -> [UInt8] {
        try reader.literal("[")
        let address = try reader.some { Grammar.isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }
        try reader.literal("]")
        var parsed = in6_addr()
        let isValid = inet_pton(AF_INET6, String(decoding: address, as: UTF8.self), &parsed) == 1
        guard isValid else { throw StrictReader.Unreadable() }
        return address
    }
}
