import Dispatch
import Glibc
import POSIX
import Synchronization
import TestSupport

/// A service manager's end of `NOTIFY_SOCKET`.
///
/// Takes each message at once, as systemd does: the kernel queues ten, and who sends an eleventh waits.
final class NotifyListener {
    let path: String
    private let descriptor: Int32
    private let inbox = Inbox()

    init(path: String) throws {
        self.path = path
        let number = try check("socket") { socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        descriptor = number
        DispatchQueue(label: "notify-listener").async { [inbox] in
            while let message = Self.receive(number) { inbox.put(message) }
            close(number)
        }
        _ = try check("bind", path) { SocketAddress.unix(path: path).withSockaddr { bind(number, $0, $1) } }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// The next message.
    func next() throws -> String { try inbox.take() }

    /// The next message that is meant; others are passed over.
    func next(where isMeant: (String) -> Bool) throws -> String {
        while true {
            let message = try next()
            if isMeant(message) { return message }
        }
    }

    /// Waits for a message; nil once the socket has been shut down.
    private static func receive(_ descriptor: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 8192)
        let length = try? check("recv") { recv(descriptor, &buffer, buffer.count, 0) }
        guard let length, length > 0 else { return nil }
        return String(decoding: buffer[..<length], as: UTF8.self)
    }

    /// Messages in the order they came.
    private final class Inbox: Sendable {
        private let messages = Mutex<[String]>([])
        private let count = DispatchSemaphore(value: 0)

        func put(_ message: String) {
            messages.withLock { $0.append(message) }
            count.signal()
        }

        func take() throws -> String {
            if count.wait(timeout: .now() + .seconds(20)) == .timedOut {
                throw DeadlinePassed(what: "a message for the service manager")
            }
            return messages.withLock { $0.removeFirst() }
        }
    }
}
