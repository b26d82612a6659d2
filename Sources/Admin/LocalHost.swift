/// Whether a request names this machine.
///
/// A web page can have its own name resolve to 127.0.0.1, and the operator's browser then lets it read what is here (DNS
/// rebinding). But it cannot have the browser send another name than its own.
enum LocalHost {
    /// Whether a `Host` field's value is an IP address or `localhost`, with a port or without.
    static func isNamed(_ host: ArraySlice<UInt8>?) -> Bool {
        guard let host, let first = host.first else { return false }
        if first == UInt8(ascii: "[") { return true }
        let name = host.prefix { $0 != UInt8(ascii: ":") }
        // No top-level domain is a number, so nothing but an IPv4 address looks like this.
        return String(decoding: name, as: UTF8.self).lowercased() == "localhost"
            || name.allSatisfy { $0 == UInt8(ascii: ".") || $0 &- UInt8(ascii: "0") < 10 }
    }
}
