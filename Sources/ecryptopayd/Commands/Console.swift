import Glibc
import JSON
import POSIX
import ServiceManager

/// Standard output for data, standard error for everything else; both unbuffered, so that nothing is lost at an exit. A stranger's text
/// may be in all of it: onto a terminal it goes as `VisibleText` has it, byte for byte anywhere else.
enum Console {
    /// Whether a person reads standard output.
    static let isTerminal = Terminal.isTerminal(STDOUT_FILENO)

    /// How many columns there are for a line of standard output; nil when nothing bounds it.
    static var columns: Int? { Terminal.columns(of: STDOUT_FILENO) }

    /// Writes lines of text.
    ///
    /// - Parameter rescue: goes to standard error when data that nobody can ask for again cannot be written.
    static func print(_ text: String, terminator: String = "\n", rescue: String? = nil) {
        let text = text + terminator
        write(Array((isTerminal ? VisibleText.escaped(text) : text).utf8), to: STDOUT_FILENO, rescue: rescue)
    }

    /// Writes lines of JSON.
    static func print(json: [UInt8], terminator: String = "\n", rescue: String? = nil) {
        let json = json + terminator.utf8
        write(isTerminal ? VisibleText.escaped(json: json) : json, to: STDOUT_FILENO, rescue: rescue)
    }

    /// Writes what steers the terminal, and is no stranger's.
    static func draw(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

    /// Writes a line for people.
    static func error(_ line: String) {
        let shown = Terminal.isTerminal(STDERR_FILENO) ? VisibleText.escaped(line) : line
        write(Array(shown.utf8) + [UInt8(ascii: "\n")], to: STDERR_FILENO)
    }

    /// Writes why the program ends. systemd's journal takes a plain line for no more than information (sd-daemon(3)).
    static func failure(_ text: String) {
        guard ServiceLogging.standardErrorIsJournal() else { return error(text) }
        for line in text.split(separator: "\n") { error("<3>\(line)") }
    }

    /// Writes a part of a line for people, which may steer the terminal, and is no stranger's.
    static func errorPart(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Whether whoever read standard output has gone away, so that nothing needs to be written any more.
    static var readerIsGone: Bool {
        var event = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&event, 1, 0) > 0 && event.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
    }

    /// A reader that has gone away ends the program quietly, as `head` expects of those it reads from.
    private static func write(_ bytes: [UInt8], to descriptor: Int32, rescue: String? = nil) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                end(errno, descriptor, rescue)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func end(_ number: Int32, _ descriptor: Int32, _ rescue: String?) -> Never {
        if descriptor == STDOUT_FILENO {
            if let rescue { error("ecryptopayd: \(rescue)") }
            if number != EPIPE {
                error("ecryptopayd: standard output cannot be written: \(String(cString: strerror(number)))")
            }
        }
        exit(number == EPIPE ? 0 : ExitStatus.inputOutput.rawValue)
    }
}
