import CCurl

/// Sets a libcurl easy handle up for one request, from scratch: nothing of the request before shines through, but for
/// its kept-alive connections.
struct CurlOptions {
    private let easy: UnsafeMutableRawPointer

    init(_ easy: UnsafeMutableRawPointer) {
        self.easy = easy
        curl_easy_reset(easy)
    }

    /// `body` and `fields` must outlive the transfer: libcurl keeps their addresses.
    func set(
        _ request: TransportRequest, _ options: TransportOptions, body: UnsafeBufferPointer<UInt8>,
        fields: UnsafeMutablePointer<curl_slist>?, content: AnswerContent
    ) throws(TransportFault) {
        let parts = try URLParts(request.url)
        guard parts.scheme == "https" || options.plaintext == .anywhere || parts.isLoopback else {
            throw TransportFault(.invalidRequest, "http: is allowed for a loopback address only; use https:")
        }
        try setTarget(request, parts)
        if let path = options.unixSocket { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        try setContent(request, body)
        try setTrust(options)
        try setTimes(request, options)
        try check(ccurl_set_fields(easy, fields))
        try check(ccurl_set_write(easy, AnswerContent.receive, content.context))
    }

    private func setTarget(_ request: TransportRequest, _ parts: URLParts) throws(TransportFault) {
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // One request at a time on a connection: HTTP/2 would cost memory and bring nothing.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        if parts.isLoopback { try set(CURLOPT_PROXY, "") }
        if !request.mayRepeat {
            try set(CURLOPT_FRESH_CONNECT, 1)
            try set(CURLOPT_FORBID_REUSE, 1)
        }
    }

    private func setContent(_ request: TransportRequest, _ body: UnsafeBufferPointer<UInt8>) throws(TransportFault) {
        switch request.method {
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .post:
            try set(CURLOPT_POST, 1)
            try check(ccurl_set_body(easy, body.baseAddress, curl_off_t(body.count)))
        }
        if !request.fields.contains(where: { $0.name.lowercased() == "accept-encoding" }) {
            try set(CURLOPT_ACCEPT_ENCODING, "gzip")
        }
    }

    private func setTrust(_ options: TransportOptions) throws(TransportFault) {
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let file = options.caFile {
            try set(CURLOPT_CAINFO, file)
            // Debian builds a directory of authorities in; with it, the system's would stay trusted beside the file's.
            try set(CURLOPT_CAPATH, nil)
        }
        if let agent = options.userAgent { try set(CURLOPT_USERAGENT, agent) }
    }

    private func setTimes(_ request: TransportRequest, _ options: TransportOptions) throws(TransportFault) {
        try set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
        try set(CURLOPT_CONNECTTIMEOUT_MS, min(request.timeout, options.connectTimeout).wholeMilliseconds)
        // Signals are the program's own, and a name that hangs in the resolver must not outlast the time-out.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_QUICK_EXIT, 1)
        try check(ccurl_set_close_on_exec(easy))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(TransportFault) {
        try check(ccurl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) throws(TransportFault) {
        try check(ccurl_set_string(easy, option, value))
    }

    /// An option that libcurl does not take would be a promise broken in silence.
    private func check(_ code: CURLcode) throws(TransportFault) {
        guard code == CURLE_OK else {
            throw TransportFault(.other, "libcurl refused an option: \(String(cString: curl_easy_strerror(code)))")
        }
    }
}

extension Duration {
    /// Milliseconds, at least 1, since libcurl takes 0 for "no time-out"; at most a day.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 86_400 else { return 86_400_000 }
        return max(1, Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
