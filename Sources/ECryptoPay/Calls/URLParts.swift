import CCurl

/// What the transport must know of a URL, read by libcurl's own parser so that both see the same host.
struct URLParts {
    /// `http` or `https`.
    let scheme: String
    /// The host, an IPv6 address in brackets.
    let host: String

    /// Takes an absolute `http:` or `https:` URL without user information apart.
    ///
    /// No message repeats the URL: a forward URL's path may be a secret.
    init(_ url: String) throws(TransportFault) {
        guard let handle = curl_url() else { throw TransportFault(.other, "out of memory") }
        defer { curl_url_cleanup(handle) }
        let code = curl_url_set(handle, CURLUPART_URL, url, 0)
        guard code == CURLUE_OK else {
            throw TransportFault(.invalidRequest, "the URL cannot be read: \(String(cString: curl_url_strerror(code)))")
        }
        scheme = Self.part(handle, CURLUPART_SCHEME)?.lowercased() ?? ""
        host = Self.part(handle, CURLUPART_HOST)?.lowercased() ?? ""
        guard scheme == "http" || scheme == "https" else {
            throw TransportFault(.invalidRequest, "the URL is neither http: nor https:")
        }
        guard Self.part(handle, CURLUPART_USER) == nil, Self.part(handle, CURLUPART_PASSWORD) == nil else {
            throw TransportFault(.invalidRequest, "the URL holds a user name or password")
        }
    }

    /// Whether the host is this machine by name or by address: 127.0.0.0/8 (RFC 1122 3.2.1.3), ::1 (RFC 4291 2.5.3) or
    /// `localhost` (RFC 6761 6.3).
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && !$0.hasPrefix("+") }
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
