import HTTP1

/// The base URL of ecryptopay's API: `https`, or `http` on this machine; without user, query or fragment.
package struct APIURL: Hashable, Sendable, CustomStringConvertible {
    /// Whether it is `https`.
    package let isSecure: Bool
    /// A name or IPv4 address in lower case, or an IPv6 address without brackets.
    package let host: String
    /// The port, the scheme's own when none is written.
    package let port: UInt16
    /// Empty, or a slash and more, without a slash at the end.
    package let path: String

    /// The documented one, `https://ecryptopay.com/api/v1`.
    package static let documented = APIURL(isSecure: true, host: "ecryptopay.com", port: 443, path: "/api/v1")

    /// The canonical text, without a slash at the end: append `/payments/1` to it.
    package var description: String {
        let authority = host.contains(":") ? "[\(host)]" : host
        let port = port == (isSecure ? 443 : 80) ? "" : ":\(port)"
        return "\(isSecure ? "https" : "http")://\(authority)\(port)\(path)"
    }
}

extension ValueKind<APIURL> {
    /// A base URL.
    static var apiURL: Self { ValueKind(parse: APIURL.parse, shown: { $0.description }) }
}

extension APIURL {
    @Sendable fileprivate static func parse(_ text: String) throws(ValueFault) -> APIURL {
        guard let separator = text.firstRange(of: "://") else {
            throw fault("is not a URL", "write https://HOST/PATH")
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else {
            throw fault("has neither the scheme https nor http", "write https://HOST/PATH")
        }
        let rest = text[separator.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        try refuseExtras(rest, authority: rest[..<slash])
        let (host, port) = try hostAndPort(rest[..<slash])
        if scheme == "http" && !isLoopback(host) {
            throw fault(
                "has the scheme http, which is refused unless the host is a loopback address, since the password goes there",
                "write https")
        }
        return APIURL(
            isSecure: scheme == "https", host: host, port: port ?? (scheme == "https" ? 443 : 80),
            path: try path(rest[slash...]))
    }

    private static func refuseExtras(_ rest: Substring, authority: Substring) throws(ValueFault) {
        if rest.contains("@") {
            throw fault("has a user or password in it", "remove it: the account has keys of its own")
        }
        if rest.contains("?") || rest.contains("#") {
            throw fault("has a query or fragment", "end it with the path")
        }
        if authority.isEmpty { throw fault("has no host", "write https://HOST/PATH") }
    }

    static func hostAndPort(_ authority: Substring) throws(ValueFault) -> (String, UInt16?) {
        var host = authority
        var port: UInt16?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            host = authority[..<colon]
            guard let number = authority[authority.index(after: colon)...].decimalNumber, number > 0,
                let exact = UInt16(exactly: number)
            else { throw fault("has a port that is not a number from 1 to 65535", "correct it or leave it out") }
            port = exact
        }
        if host.hasPrefix("["), host.hasSuffix("]"), IPAddress(version6: host.dropFirst().dropLast()) != nil {
            return (host.dropFirst().dropLast().lowercased(), port)
        }
        let isName = host.utf8.allSatisfy {
            $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        guard isName, host.utf8.count <= 253,
            host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ (1...63).contains($0.utf8.count) }
            )
        else { throw fault("has a host that is no name and no address", "correct the host") }
        return (host.lowercased(), port)
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        return (IPAddress(version4: host) ?? IPAddress(version6: host))?.isLoopback ?? false
    }

    private static func path(_ text: Substring) throws(ValueFault) -> String {
        var path = text
        while path.hasSuffix("/") { path = path.dropLast() }
        guard PercentEncoding.isPath(path) else {
            throw fault("has a path with characters that do not belong into a URL", "percent-encode them")
        }
        return String(path)
    }

    /// The URL itself stays out of its faults: what looks like a part of it may be a password.
    static func fault(_ problem: String, _ hint: String) -> ValueFault {
        ValueFault(problem: problem, hint: hint, showsValue: false)
    }
}
