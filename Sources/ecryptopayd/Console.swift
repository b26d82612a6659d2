import Glibc
import POSIX

/// Standard output for data, standard error for everything else; both unbuffered, so that nothing is lost at an exit.
enum Console {
    /// Writes a line of data.
    static func print(_ line: String) {
        write(Array(line.utf8) + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
    }

    /// Writes bytes of data as they are.
    static func print(_ bytes: [UInt8]) {
        write(bytes, to: STDOUT_FILENO)
    }

    /// Writes a line for people.
    static func error(_ line: String) {
        write(Array(line.utf8) + [UInt8(ascii: "\n")], to: STDERR_FILENO)
    }

    /// Writes a part of a line for people.
    static func errorPart(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Whether whoever read standard output has gone away, so that nothing needs to be written any more.
    static var readerIsGone: Bool {
        var event = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&event, 1, 0) > 0 && event.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
    }

    /// A reader that has gone away ends the program quietly, as `head` expects of those it reads from.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                exit(errno == EPIPE ? 0 : ExitStatus.inputOutput.rawValue)
            }
            rest = rest.dropFirst(count)
        }
    }
}
