import HTTP1

/// Whether a request names this machine.
///
/// A web page can have its own name resolve to 127.0.0.1, and the operator's browser then lets it read what is here (DNS
/// rebinding); with a tunnel, as of `ssh -L`, also what is behind a Unix socket. But it cannot have the browser send another name than
/// its own.
enum LocalHost {
    /// Whether a `Host` field's value is a loopback address or `localhost`, with a port or without.
    static func isNamed(_ field: ArraySlice<UInt8>?) -> Bool {
        guard let field else { return false }
        let text = String(decoding: field, as: UTF8.self)
        let end = text.lastIndex { $0 == ":" || $0 == "]" }
        let name = end.map { text[$0] == ":" ? text[..<$0] : text[...] } ?? text[...]
        if name.hasPrefix("["), name.hasSuffix("]") {
            return IPAddress(version6: name.dropFirst().dropLast())?.isLoopback == true
        }
        return name.lowercased() == "localhost" || IPAddress(version4: name)?.isLoopback == true
    }
}
