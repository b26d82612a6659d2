internal import Glibc
package import Logging

internal import POSIX

/// Writes each message as one line to standard error: `2026-11-23T01:02:03.456Z info  message  key=value`.
///
/// One `write(2)` a line, so that lines of several threads or processes do not mix; what cannot be written is lost.
package struct StandardErrorLogHandler: LogHandler {
    /// Metadata of the logger itself.
    package var metadata: Logger.Metadata = [:]
    /// Metadata of the moment.
    package var metadataProvider: Logger.MetadataProvider?
    /// The logger's own level, else the common one.
    package var logLevel: Logger.Level {
        get { ownLevel ?? control.level }
        set { ownLevel = newValue }
    }

    private var ownLevel: Logger.Level?
    private let control: LogLevelControl
    private let emit: @Sendable ([UInt8]) -> Void

    /// A handler whose level follows `control` until it is given one of its own.
    package init(control: LogLevelControl) { self.init(control: control, emit: Self.writeToStandardError) }

    /// The same, with lines handed to `emit`.
    init(control: LogLevelControl, emit: @escaping @Sendable ([UInt8]) -> Void) {
        self.control = control
        self.emit = emit
    }

    /// Metadata of the logger itself, by key.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        let fields = LogFields(logger: metadata, provider: metadataProvider, event: event)
        let line = fields.line(event.message.description)
        emit(Array("\(Self.timestamp(Clock.realtime())) \(event.level.rawValue)  \(line)\n".utf8))
    }

    /// RFC 3339 in UTC with milliseconds, from nanoseconds since 1970.
    static func timestamp(_ nanoseconds: Int64) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        let milliseconds = nanoseconds / 1_000_000 % 1000
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(date)T\(time).\(milliseconds < 100 ? "0" : "")\(two(Int32(milliseconds)))Z"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

    @Sendable private static func writeToStandardError(_ line: [UInt8]) {
        line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
