import Glibc
import POSIX
import TestSupport

/// A service manager's end of `NOTIFY_SOCKET`.
final class NotifyListener {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        let number = try check("socket") { socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        descriptor = number
        _ = try check("bind", path) { SocketAddress.unix(path: path).withSockaddr { bind(number, $0, $1) } }
    }

    deinit { close(descriptor) }

    /// The next message.
    func next() throws -> String {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = try check("poll") { poll(&event, 1, 20_000) }
        if count == 0 { throw DeadlinePassed(what: "a message for the service manager") }
        var buffer = [UInt8](repeating: 0, count: 8192)
        let number = descriptor
        let length = try check("recv") { recv(number, &buffer, buffer.count, 0) }
        return String(decoding: buffer[..<length], as: UTF8.self)
    }

    /// The next message that is meant; others are passed over.
    func next(where isMeant: (String) -> Bool) throws -> String {
        while true {
            let message = try next()
            if isMeant(message) { return message }
        }
    }
}
