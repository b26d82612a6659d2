import Glibc

/// A bar on standard error while somebody watches; nothing at all when it is no terminal.
final class ProgressBar {
    private static let width = 40
    private let title: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown = -1

    init(_ title: String) {
        self.title = title
    }

    /// Shows how far it is; writes only when a percent more is done.
    func show(_ done: Int64, of all: Int64) {
        // What is measured may grow meanwhile: a daemon writes on.
        let percent = all > 0 ? min(Int(done * 100 / all), 100) : 100
        guard isTerminal, percent != shown else { return }
        shown = percent
        let filled = percent * Self.width / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        Console.errorPart("\r\(title) [\(bar)] \(percent) %")
    }

    /// Leaves the line as it was.
    func clear() {
        if isTerminal, shown >= 0 { Console.errorPart("\r\u{1b}[K") }
    }
}
