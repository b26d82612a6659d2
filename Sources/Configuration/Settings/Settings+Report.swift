import JSON

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
            let value = key.shown(self).map { JSONString.quoted($0) } ?? "null"
            let source = JSONString.quoted((origins[key.name] ?? .standard).description)
            return "\(JSONString.quoted(key.name)):{\"value\":\(value),\"source\":\(source)}"
        }
        return
            "{\"settings\":{\(members.joined(separator: ","))},\"warnings\":[\(warnings.map { JSONString.quoted($0) }.joined(separator: ","))]}"
    }
}
