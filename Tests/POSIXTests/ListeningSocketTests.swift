import Glibc
import POSIX
import TestSupport
import Testing

struct ListeningSocketTests {
    @Test func `a socket bound to port 0 has the port that the system chose`() throws {
        for text in ["127.0.0.1:0", "[::1]:0"] {
            let socket = try ListeningSocket(binding: SocketAddress(parsing: text))
            #expect(socket.address.port ?? 0 > 0)
            _ = try ClientSocket(socket.address)
        }
    }

    @Test func `an address in use is named`() throws {
        let first = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        let error = #expect(throws: SystemError.self) { try ListeningSocket(binding: first.address) }
        #expect(error?.description == "bind \(first.address): Address already in use")
    }

    @Test func `a stale Unix socket is replaced, a live one is not`() throws {
        let directory = try TemporaryDirectory()
        let address = try SocketAddress(parsing: "unix:\(directory.path)/s")
        do { _ = try ListeningSocket(binding: address) }
        let second = try ListeningSocket(binding: address)
        let error = #expect(throws: SystemError.self) { try ListeningSocket(binding: address) }
        #expect(error?.errno == EADDRINUSE)
        _ = try ClientSocket(second.address)
    }

    @Test func `another file in the way is left alone`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Array("precious".utf8), to: "s")
        let error = #expect(throws: SystemError.self) {
            try ListeningSocket(binding: SocketAddress(parsing: "unix:\(path)"))
        }
        #expect(error?.errno == EADDRINUSE)
        #expect(access(path, F_OK) == 0)
    }

    @Test func `a Unix socket is for owner and group`() throws {
        let directory = try TemporaryDirectory()
        let socket = try ListeningSocket(binding: SocketAddress(parsing: "unix:\(directory.path)/s"))
        var status = stat()
        #expect(lstat("\(directory.path)/s", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        #expect(socket.address.description == "unix:\(directory.path)/s")
    }

    @Test func `an inherited socket is taken over, made non-blocking and closed on exec`() throws {
        let original = try ListeningSocket(binding: SocketAddress(parsing: "127.0.0.1:0"))
        let inherited = fcntl(original.descriptor.number, F_DUPFD_CLOEXEC, 0)
        #expect(fcntl(inherited, F_SETFD, 0) == 0)
        #expect(fcntl(inherited, F_SETFL, 0) == 0)
        let adopted = try ListeningSocket(adopting: inherited)
        #expect(adopted.address == original.address)
        #expect(fcntl(inherited, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(inherited, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func `a descriptor that does not listen is not taken over`() throws {
        let plain = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let error = #expect(throws: SystemError.self) { try ListeningSocket(adopting: plain) }
        #expect(error?.errno == EINVAL)
        let datagram = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #expect(throws: SystemError.self) { try ListeningSocket(adopting: datagram) }
    }
}
