internal import CivilTime
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
        emit(Array("\(UTCTime(nanoseconds: Clock.realtime()).iso8601()) \(event.level.rawValue)  \(line)\n".utf8))
    }

    @Sendable private static func writeToStandardError(_ line: [UInt8]) {
        line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
