internal import JSON
internal import Logging

/// What a log handler puts beside the message, in a form that both handlers share.
struct LogFields {
    /// swift-log's key under which a message carries its `MESSAGE_ID`, 32 hex digits; not shown in text.
    static let messageID = "MESSAGE_ID"

    /// Key and value, sorted by key, without the message's id.
    let pairs: [(key: String, value: String)]
    /// The value under `messageID`, if there is a well-formed one.
    let messageID: String?

    /// Merges metadata: the event's own over the provider's over the logger's; an error stands under `error`.
    init(logger: Logger.Metadata, provider: Logger.MetadataProvider?, event: LogEvent) {
        var merged = logger
        if let provided = provider?.get() { merged.merge(provided) { $1 } }
        if let error = event.error { merged["error"] = "\(error)" }
        if let own = event.metadata { merged.merge(own) { $1 } }
        let id = merged.removeValue(forKey: Self.messageID)?.description
        messageID = id.flatMap { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) ? $0 : nil }
        pairs = merged.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 }
    }

    /// The message and then ` key=value` for each field, on one line: control and format characters are escaped, and
    /// values with spaces, quotes or nothing in them are quoted.
    func line(_ message: String) -> String {
        var line = Self.escaped(message)
        for (index, pair) in pairs.enumerated() {
            line += "\(index == 0 ? "  " : " ")\(Self.escaped(pair.key))=\(Self.quotedIfNeeded(pair.value))"
        }
        return line
    }

    private static func quotedIfNeeded(_ value: String) -> String {
        let isPlain = !value.isEmpty && !value.utf8.contains { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\"") }
        if isPlain { return escaped(value) }
        var quoted = "\""
        for scalar in escaped(value).unicodeScalars {
            if scalar == "\"" { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// A text in which nothing can end the line, move the cursor, or reorder what is shown.
    static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: "\\") }) { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case "\\": escaped += "\\\\"
            default: VisibleText.append(scalar, to: &escaped)
            }
        }
        return escaped
    }
}
