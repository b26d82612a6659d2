import Glibc

/// Where a stream socket listens or comes from: TCP over IPv4 or IPv6, or a Unix socket.
public enum SocketAddress: Hashable, Sendable {
    /// The address' four bytes, most significant first, as one number; and the port.
    case ipv4(UInt32, port: UInt16)
    /// The address' sixteen bytes, most significant first, as two numbers; the scope of a link-local address, else 0.
    case ipv6(high: UInt64, low: UInt64, scope: UInt32, port: UInt16)
    /// An absolute path, or an empty one for a peer that is not bound.
    case unix(path: String)

    /// Whether only this machine can reach it: 127.0.0.0/8, `::1` or a Unix socket.
    public var isLocal: Bool {
        switch self {
        case .ipv4(let address, _): address >> 24 == 127
        case .ipv6(let high, let low, _, _): high == 0 && low == 1
        case .unix: true
        }
    }

    /// The TCP port, or `nil` for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .ipv4(_, let port), .ipv6(_, _, _, let port): port
        case .unix: nil
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:8723`, `[::1]:8723`, `unix:/path`, or `unix` for a peer without a path.
    public var description: String {
        switch self {
        case .ipv4(_, let port): "\(host):\(port)"
        case .ipv6(_, _, _, let port): "[\(host)]:\(port)"
        case .unix: host
        }
    }

    /// The same without port and brackets.
    public var host: String {
        switch self {
        case .ipv4(let address, _):
            var raw = in_addr(s_addr: address.bigEndian)
            return Self.text(AF_INET, &raw)
        case .ipv6(let high, let low, let scope, _):
            var raw = in6_addr()
            withUnsafeMutableBytes(of: &raw) { bytes in
                bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return "\(Self.text(AF_INET6, &raw))\(scope == 0 ? "" : "%\(scope)")"
        case .unix(let path): return path.isEmpty ? "unix" : "unix:\(path)"
        }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            // Cannot fail: the family is known and the buffer is large enough for either.
            _ = inet_ntop(family, address, buffer.baseAddress, socklen_t(buffer.count))
            return String(cString: buffer.baseAddress!)
        }
    }
}
