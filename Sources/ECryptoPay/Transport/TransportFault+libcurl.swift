import CCurl

extension TransportFault {
    /// The fault that a libcurl code stands for.
    ///
    /// - Parameters:
    ///   - code: what the transfer ended with, not `CURLE_OK`.
    ///   - text: libcurl's error buffer; it says more than the code, and is left out where it might name a proxy's
    ///     password.
    ///   - verification: `CURLINFO_SSL_VERIFYRESULT`, an `X509_V_ERR_…` of OpenSSL.
    init(code: CURLcode, text: String, verification: Int) {
        let general = String(cString: curl_easy_strerror(code))
        let detail = ReadableText.line(text.isEmpty ? general : text, limit: 200)
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY: self.init(.dns, "the proxy's name did not resolve")
        case CURLE_URL_MALFORMAT: self.init(.invalidRequest, general)
        case CURLE_COULDNT_RESOLVE_HOST: self.init(.dns, detail)
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: self.init(.connect, detail)
        case CURLE_OPERATION_TIMEDOUT: self.init(.timeout, detail)
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_ERROR, CURLE_RECV_ERROR:
            self.init(.connectionLost, detail)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            self.init(.malformedAnswer, detail)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_SHUTDOWN_FAILED:
            let fault = TLSFault(code: code, text: text, verification: verification)
            self.init(.tls(fault), "\(fault.meaning) (\(detail))")
        default: self.init(.other, detail)
        }
    }
}

extension TLSFault {
    /// Reads the verification's result first: it is a number of OpenSSL's, where the text is libcurl's wording.
    init(code: CURLcode, text: String, verification: Int) {
        switch (code, verification) {
        case (CURLE_SSL_CACERT_BADFILE, _): self = .authorityFile
        case (_, 10): self = .expired  // X509_V_ERR_CERT_HAS_EXPIRED
        case (_, 9): self = .notYetValid  // X509_V_ERR_CERT_NOT_YET_VALID
        case (_, 2), (_, 18...21): self = .unknownAuthority  // X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, …_SELF_SIGNED_…, …
        // The handshake, and so the chain, was good, and the result not yet fetched (1) or good (0): it is the name.
        case (CURLE_PEER_FAILED_VERIFICATION, 0...1): self = .wrongName
        default:
            let isVersion = ["unsupported protocol", "protocol version", "version too low"].contains {
                text.contains($0)
            }
            self = isVersion ? .protocolVersion : .other
        }
    }
}
