import HTTP1

/// Where to listen: an address and port, or a path.
package enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address (without brackets) or `localhost`, and a port; port 0 lets the system choose.
    case tcp(host: String, port: UInt16)
    /// The absolute path of a Unix socket.
    case unix(path: String)

    /// As in the configuration: `127.0.0.1:8723`, `[::1]:8723`, `unix:/path`.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension ValueKind<ListenAddress> {
    /// `HOST:PORT`, `[::1]:PORT` or `unix:/path`.
    static var listenAddress: Self { ValueKind(parse: ListenAddress.parse, shown: { $0.description }) }
}

extension ValueKind<[ListenAddress]> {
    /// Addresses of this machine's own, comma-separated, or `off`.
    static var adminAddresses: Self {
        let addresses: Self = .list(of: .listenAddress, atMost: 64)
        return ValueKind(
            parse: { (text) throws(ValueFault) in
                if text == "off" { return [] }
                let parsed = try addresses.parse(text)
                if let outside = parsed.first(where: { !$0.isLocal }) {
                    throw ValueFault(
                        problem: "has \(outside), which others can reach",
                        hint: "write a loopback address, unix:/path or off; what goes there is not encrypted")
                }
                return parsed
            }, shown: { $0.isEmpty ? "off" : addresses.shown($0) })
    }
}

extension ListenAddress {
    /// What to tell the operator of an address of the admin side that needs no token.
    package static func warning(ofOpen address: String) -> String {
        "every user of this machine may read the payments at \(address), and order replays; set ECRYPTOPAY_ADMIN_TOKEN, or listen on"
            + " a Unix socket alone"
    }

    /// Whether it is an address of TCP, to which every user of a machine may connect.
    var isTCP: Bool { if case .tcp = self { true } else { false } }

    /// Whether only this machine can reach it.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): APIURL.isLoopback(host)
        }
    }

    private static let hint = "write HOST:PORT, [::1]:PORT or unix:/path, e.g. 127.0.0.1:8723"

    @Sendable static func parse(_ text: String) throws(ValueFault) -> ListenAddress {
        if text.hasPrefix("unix:") { return .unix(path: try socketPath(String(text.dropFirst(5)))) }
        guard let colon = text.lastIndex(of: ":") else {
            throw ValueFault(problem: "has no port", hint: hint)
        }
        guard let number = text[text.index(after: colon)...].decimalNumber, let port = UInt16(exactly: number) else {
            throw ValueFault(problem: "does not end with a port from 0 to 65535", hint: hint)
        }
        return .tcp(host: try host(text[..<colon]), port: port)
    }

    private static func host(_ text: Substring) throws(ValueFault) -> String {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            guard IPAddress(version6: inner) != nil else {
                throw ValueFault(problem: "has no IPv6 address between its brackets", hint: hint)
            }
            return inner.lowercased()
        }
        if IPAddress(version6: text) != nil {
            throw ValueFault(problem: "is an IPv6 address without brackets", hint: hint)
        }
        // A name would have to be looked up, and could change, between two starts.
        guard text == "localhost" || IPAddress(version4: text) != nil else {
            throw ValueFault(problem: "does not begin with an IP address or localhost", hint: hint)
        }
        return String(text)
    }

    private static func socketPath(_ path: String) throws(ValueFault) -> String {
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.holdsControlCharacter, !Redaction.isDue(path) else {
            throw ValueFault(problem: "is not the absolute path of a socket", hint: "write unix:/path/of.sock")
        }
        // unix(7): sun_path has 108 bytes, one of them for the zero at the end.
        guard path.utf8.count <= 107 else {
            throw ValueFault(problem: "is too long for a Unix socket", hint: "write a path of at most 107 bytes")
        }
        return path
    }
}
