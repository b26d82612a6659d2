import Glibc

/// A text that is not the address of a stream socket: what is wrong with it, and what to write instead.
public struct SocketAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text as it was given.
    public let text: String
    /// What is wrong with it.
    public let fault: String

    /// E.g. `"8723": there is no host; write HOST:PORT, [IPV6]:PORT or unix:/path, e.g. 127.0.0.1:8723`.
    public var description: String {
        "\"\(text)\": \(fault); write HOST:PORT, [IPV6]:PORT or unix:/path, e.g. 127.0.0.1:8723"
    }
}

extension SocketAddress {
    /// The longest path that fits `sockaddr_un` with its final zero.
    static let longestPath = 107

    /// Reads `HOST:PORT`, `[IPV6]:PORT` or `unix:/path`.
    ///
    /// A host is an address, or `localhost`, which means 127.0.0.1: a name would have to be looked up, and may have several
    /// addresses. Port 0 means any free port.
    public init(parsing text: String) throws(SocketAddressError) {
        if text.hasPrefix("unix:") {
            self = .unix(path: try Self.path(String(text.dropFirst(5)), in: text))
        } else if text.hasPrefix("[") {
            self = try Self.ipv6(text)
        } else {
            self = try Self.ipv4(text)
        }
    }

    /// Reads an IP address alone, as `inet_pton(3)` takes it: no port, no brackets, no zone, no name.
    public init?(ip text: String, port: UInt16 = 0) {
        var version4 = in_addr()
        var version6 = in6_addr()
        // The C string would end at a zero byte, whatever follows.
        guard !text.utf8.contains(0) else { return nil }
        if inet_pton(AF_INET, text, &version4) == 1 {
            self = .ipv4(UInt32(bigEndian: version4.s_addr), port: port)
        } else if inet_pton(AF_INET6, text, &version6) == 1 {
            self.init(version6, scope: 0, port: port)
        } else {
            return nil
        }
    }

    private static func path(_ path: String, in text: String) throws(SocketAddressError) -> String {
        guard path.hasPrefix("/") else { throw SocketAddressError(text: text, fault: "the path is not absolute") }
        guard path.utf8.count <= longestPath else {
            throw SocketAddressError(text: text, fault: "the path is longer than \(longestPath) bytes")
        }
        guard !path.utf8.contains(0) else { throw SocketAddressError(text: text, fault: "the path holds a zero byte") }
        return path
    }

    private static func ipv6(_ text: String) throws(SocketAddressError) -> SocketAddress {
        guard let bracket = text.firstIndex(of: "]") else {
            throw SocketAddressError(text: text, fault: "the bracket is not closed")
        }
        let rest = text[text.index(after: bracket)...]
        guard rest.hasPrefix(":") else { throw SocketAddressError(text: text, fault: "there is no port") }
        let host = String(text[..<bracket].dropFirst())
        let port = try port(rest.dropFirst(), in: text)
        var raw = in6_addr()
        guard inet_pton(AF_INET6, host, &raw) == 1 else {
            throw SocketAddressError(text: text, fault: "\"\(host)\" is not an IPv6 address")
        }
        return SocketAddress(raw, scope: 0, port: port)
    }

    private static func ipv4(_ text: String) throws(SocketAddressError) -> SocketAddress {
        guard let colon = text.lastIndex(of: ":") else {
            let isNumber = !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            throw SocketAddressError(text: text, fault: isNumber ? "there is no host" : "there is no port")
        }
        let host = String(text[..<colon])
        guard !host.isEmpty else {
            throw SocketAddressError(text: text, fault: "there is no host (all addresses would be 0.0.0.0)")
        }
        guard !host.contains(":") else {
            throw SocketAddressError(text: text, fault: "an IPv6 address stands in brackets")
        }
        let port = try port(text[text.index(after: colon)...], in: text)
        var raw = in_addr()
        guard inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &raw) == 1 else {
            throw SocketAddressError(text: text, fault: "\"\(host)\" is not an IPv4 address or localhost")
        }
        return .ipv4(UInt32(bigEndian: raw.s_addr), port: port)
    }

    private static func port(_ digits: Substring, in text: String) throws(SocketAddressError) -> UInt16 {
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        guard isNumber, let port = UInt16(digits) else {
            throw SocketAddressError(text: text, fault: "\"\(digits)\" is not a port between 0 and 65535")
        }
        return port
    }
}
