/// The host and port of a `Host` field or of a target in absolute form. Checked, then forgotten: this server has one site.
enum Authority {
    /// Whether the bytes are an authority without user information, which RFC 9110 section 4.2.4 forbids in requests.
    ///
    ///     Host     = uri-host [ ":" port ]                          RFC 9110 section 7.2
    ///     uri-host = "[" IPv6address "]" / IPv4address / reg-name   RFC 3986 section 3.2.2
    ///     port     = *DIGIT
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let hostEnd = endOfHost(bytes, range) else { return false }
        if hostEnd == range.upperBound { return true }
        guard bytes[hostEnd] == ASCII.colon else { return false }
        var port = 0
        for index in hostEnd + 1..<range.upperBound {
            guard let digit = bytes[index].decimalValue else { return false }
            port = port * 10 + digit
            if port > 65535 { return false }
        }
        return true
    }

    private static func endOfHost(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        if !range.isEmpty, bytes[range.lowerBound] == ASCII.openBracket {
            let inside = range.lowerBound + 1..<range.upperBound
            guard let end = bytes.firstIndex(of: ASCII.closeBracket, in: inside) else { return nil }
            return IPAddress.version6(bytes, inside.lowerBound..<end) == nil ? nil : end + 1
        }
        let end = bytes.firstIndex(of: ASCII.colon, in: range) ?? range.upperBound
        return PercentEncoding.isValid(bytes, range.lowerBound..<end, besides: .registeredName) ? end : nil
    }
}
