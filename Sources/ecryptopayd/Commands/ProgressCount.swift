import Glibc
import POSIX
import Synchronization

/// How many there are so far, on standard error while somebody watches; nothing at all when it is no terminal.
final class ProgressCount: Sendable {
    private let noun: String
    private let isTerminal = Terminal.isTerminal(STDERR_FILENO)
    private let count = Mutex(0)

    init(_ noun: String) {
        self.noun = noun
    }

    /// Counts one more; writes with every thousandth.
    func increment() {
        let now = count.withLock { count in
            count += 1
            return count
        }
        if isTerminal, now.isMultiple(of: 1_000) { Console.errorPart("\r\(now) \(noun)") }
    }

    /// Leaves the line as it was.
    func clear() {
        if isTerminal, count.withLock({ $0 >= 1_000 }) { Console.errorPart("\r\u{1b}[K") }
    }
}
