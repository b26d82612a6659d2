extension Settings {
    /// One line for each key, with value and source, secrets redacted: `ECRYPTOPAY_LISTEN = 127.0.0.1:8723  (default)`.
    package func describe() -> [String] {
        let width = SettingKey.all.map(\.name.count).max() ?? 0
        return SettingKey.all.map { key in
            let name = key.name + String(repeating: " ", count: width - key.name.count)
            return "\(name) = \(key.shown(self) ?? "(not set)")  (\(origins[key.name] ?? .standard))"
        }
    }

    /// The same as a JSON object: `{"settings":{KEY:{"value":…,"source":…}},"warnings":[…]}`.
    ///
    /// Values are strings as `describe()` shows them, or null for what is not set.
    package var json: String {
        let members = SettingKey.all.map { key in
            let value = key.shown(self).map(quoted) ?? "null"
            let source = quoted((origins[key.name] ?? .standard).description)
            return "\(quoted(key.name)):{\"value\":\(value),\"source\":\(source)}"
        }
        return
            "{\"settings\":{\(members.joined(separator: ","))},\"warnings\":[\(warnings.map(quoted).joined(separator: ","))]}"
    }
}

/// A JSON string (RFC 8259 section 7).
private func quoted(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": json += "\\\(scalar)"
        case "\u{0}"..."\u{1f}":
            let digits = String(scalar.value, radix: 16)
            json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}
