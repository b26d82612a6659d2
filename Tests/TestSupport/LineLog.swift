package import Logging
import Synchronization

/// A log that a test can read.
package final class LineLog: Sendable {
    private let entries = Mutex<[(level: Logger.Level, message: String)]>([])

    package init() {}

    /// What was logged.
    package var lines: [String] { entries.withLock { $0.map(\.message) } }

    /// What an operator sees of it, e.g. `notice: API reachable again`.
    package var leveledLines: [String] {
        entries.withLock { $0 }.filter { $0.level >= .info }.map { "\($0.level): \($0.message)" }
    }

    /// Writes to it.
    package var handler: any LogHandler { Handler(log: self) }

    private struct Handler: LogHandler {
        let log: LineLog
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.entries.withLock { $0.append((event.level, "\(event.message)")) } }
    }
}
