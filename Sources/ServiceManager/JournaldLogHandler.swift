internal import CSystemd
internal import Glibc
package import Logging

/// Sends each message to journald with its fields, by `sd_journal_sendv(3)`.
///
/// `MESSAGE` is the message and its metadata as one line, since that is all that `journalctl` shows by default. Each piece of
/// metadata is a field too, `ECRYPTOPAY_` and its key in upper case, so that `journalctl ECRYPTOPAY_PAYMENT=42` finds it.
/// What journald does not take goes to standard error.
package struct JournaldLogHandler: LogHandler {
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
    private let identifier: String
    private let control: LogLevelControl
    private let fallback: StandardErrorLogHandler
    private let submit: @Sendable ([[UInt8]]) -> Int32

    /// A handler whose level follows `control` until it is given one of its own; `identifier` is the program's name.
    package init(identifier: String, control: LogLevelControl) {
        self.init(
            identifier: identifier, control: control, fallback: StandardErrorLogHandler(control: control),
            submit: Self.sendToJournal)
    }

    /// The same, with fields handed to `submit`, which answers as `sd_journal_sendv` does: negative when it failed.
    init(
        identifier: String, control: LogLevelControl, fallback: StandardErrorLogHandler,
        submit: @escaping @Sendable ([[UInt8]]) -> Int32
    ) {
        self.identifier = identifier
        self.control = control
        self.fallback = fallback
        self.submit = submit
    }

    /// Metadata of the logger itself, by key.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Sends one entry.
    package func log(event: LogEvent) {
        let fields = LogFields(logger: metadata, provider: metadataProvider, event: event)
        var entry = [
            "MESSAGE=\(fields.line(event.message.description))",
            "PRIORITY=\(Self.priority(of: event.level))",
            "SYSLOG_IDENTIFIER=\(identifier)",
        ]
        if let id = fields.messageID { entry.append("MESSAGE_ID=\(id)") }
        for (key, value) in fields.pairs { entry.append("\(Self.fieldName(key))=\(value)") }
        if submit(entry.map { Array($0.utf8) }) < 0 {
            var fallback = fallback
            fallback.metadata = metadata
            fallback.metadataProvider = metadataProvider
            fallback.log(event: event)
        }
    }

    /// syslog(3)'s number for a level.
    static func priority(of level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }

    /// `ECRYPTOPAY_` and the key, with what a field's name may not hold replaced, and cut to the 64 bytes it may have.
    static func fieldName(_ key: String) -> String {
        var name = "ECRYPTOPAY_"
        for byte in key.utf8.prefix(64 - name.utf8.count) {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z": name += String(scalar).uppercased()
            case "A"..."Z", "0"..."9", "_": name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return name
    }

    /// Points one `iovec` at each field.
    @Sendable private static func sendToJournal(_ entry: [[UInt8]]) -> Int32 {
        let count = entry.reduce(0) { $0 + $1.count }
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes in
            var vectors: [iovec] = []
            var offset = 0
            for field in entry {
                let target = UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + field.count])
                target.copyBytes(from: field)
                vectors.append(iovec(iov_base: target.baseAddress, iov_len: field.count))
                offset += field.count
            }
            return sd_journal_sendv(vectors, Int32(vectors.count))
        }
    }
}
