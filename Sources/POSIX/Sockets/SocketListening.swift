import CShims
import Glibc

/// A stream socket that listens and never blocks; closed when the last reference goes.
///
/// Closing it is all that it does in the end: it is never shut down, since another process (systemd, or the next instance)
/// may hold the same socket and go on with what waits in it. The file of a Unix socket stays; the next start knows it for
/// stale.
public final class ListeningSocket: Sendable {
    /// Where it listens, with the port that the kernel chose if it was asked for port 0.
    public let address: SocketAddress
    /// The socket.
    public let descriptor: Descriptor

    /// Binds and listens.
    ///
    /// A Unix socket's file that nobody listens on any more is replaced; the new one has mode 0660. Throws the failed call,
    /// with the address as its subject.
    public init(binding wanted: SocketAddress, backlog: Int32 = 1024) throws(SystemError) {
        let descriptor = try Self.socket(wanted)
        let number = descriptor.number
        switch wanted {
        case .ipv4: try Self.setOption(number, SOL_SOCKET, SO_REUSEADDR, 1)
        case .ipv6:
            try Self.setOption(number, SOL_SOCKET, SO_REUSEADDR, 1)
            // Whatever the system's default: [::] does not take what 0.0.0.0 is bound to.
            try Self.setOption(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1)
        case .unix(let path):
            try Self.removeStaleFile(wanted, path: path)
            // bind(2) makes the file with the socket's own mode less the umask: at no time is it wider than meant.
            _ = try check("fchmod", path) { fchmod(number, 0o660) }
        }
        _ = try check("bind", wanted.description) { wanted.withSockaddr { bind(number, $0, $1) } }
        if case .unix(let path) = wanted { _ = try check("chmod", path) { chmod(path, 0o660) } }
        _ = try check("listen", wanted.description) { listen(number, backlog) }
        address = try Self.prepare(number)
        self.descriptor = descriptor
    }

    /// Takes over a socket that somebody else has bound, e.g. systemd.
    ///
    /// Throws EINVAL if it is not a listening stream socket of TCP or Unix; it is closed then, too.
    public init(adopting number: Int32) throws(SystemError) {
        let descriptor = Descriptor(owning: number)
        let subject = "descriptor \(number)"
        let type = try Self.option(number, SO_TYPE, subject)
        let isListening = try Self.option(number, SO_ACCEPTCONN, subject)
        guard type == Int32(SOCK_STREAM.rawValue), isListening != 0 else {
            throw SystemError(call: "getsockopt", errno: EINVAL, subject: "\(subject), not a listening stream socket")
        }
        let flags = try check("fcntl", subject) { fcntl(number, F_GETFL) }
        _ = try check("fcntl", subject) { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
        _ = try check("fcntl", subject) { fcntl(number, F_SETFD, FD_CLOEXEC) }
        address = try Self.prepare(number)
        self.descriptor = descriptor
    }

    private static func socket(_ address: SocketAddress) throws(SystemError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = try check("socket", address.description) { Glibc.socket(address.family, type, 0) }
        return Descriptor(owning: number)
    }

    /// Asks where it listens, and sets what accepted sockets inherit.
    private static func prepare(_ number: Int32) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try check("getsockname", "descriptor \(number)") {
            withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
            }
        }
        guard let address = SocketAddress(storage, length: length) else {
            throw SystemError(call: "getsockname", errno: EAFNOSUPPORT, subject: "descriptor \(number)")
        }
        if address.port != nil {
            // An answer is one write: waiting for more to fill a packet would only delay it.
            try setOption(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        }
        return address
    }

    /// Removes the file of a Unix socket if connecting to it is refused, i.e. if its owner is gone.
    private static func removeStaleFile(_ address: SocketAddress, path: String) throws(SystemError) {
        var status = stat()
        do throws(SystemError) {
            _ = try check("lstat", path) { lstat(path, &status) }
        } catch {
            if error.errno == ENOENT { return }
            throw error
        }
        // Anything else at that path is not ours to remove: bind says that the address is in use.
        guard status.st_mode & S_IFMT == S_IFSOCK else { return }
        let probe = try socket(address)
        let number = probe.number
        do throws(SystemError) {
            _ = try check("connect", path) { address.withSockaddr { connect(number, $0, $1) } }
        } catch {
            if error.errno == ECONNREFUSED { _ = try check("unlink", path) { unlink(path) } }
        }
    }

    private static func setOption(_ number: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        _ = try check("setsockopt", "descriptor \(number)") {
            setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    private static func option(_ number: Int32, _ name: Int32, _ subject: String) throws(SystemError) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = try check("getsockopt", subject) { getsockopt(number, SOL_SOCKET, name, &value, &length) }
        return value
    }
}
