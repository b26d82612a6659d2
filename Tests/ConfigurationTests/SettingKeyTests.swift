import Configuration
import Testing
import TestSupport

@Suite struct SettingKeyTests {
    @Test func `the keys and their defaults are those in the README's table`() throws {
        // Tests/ConfigurationTests/SettingKeyTests.swift, three levels below the package.
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let readme = String(decoding: try readFile("/\(root)/README.md"), as: UTF8.self)
        var documented: [(name: String, text: String?)] = []
        for row in readme.split(separator: "\n") where row.hasPrefix("| `\(SettingKey.prefix)") {
            let cells = row.split(separator: "|").map { Self.quoted($0) }
            let names = cells[0].map { $0.hasPrefix("_") ? SettingKey.prefix + $0.dropFirst() : $0 }
            // Of one key alone, the last of several is what applies everywhere.
            let defaults = names.count == 1 ? Array(cells[1].suffix(1)) : cells[1]
            for (index, name) in names.enumerated() {
                documented.append((name, index < defaults.count ? defaults[index] : nil))
            }
        }
        #expect(SettingKey.all.map(\.name) == documented.map(\.name))
        for (key, (_, text)) in zip(SettingKey.all, documented) {
            #expect(key.defaultText == text, "\(key.name)")
        }
    }

    /// What stands between backticks.
    private static func quoted(_ cell: Substring) -> [String] {
        let parts = cell.split(separator: "`", omittingEmptySubsequences: false)
        return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
    }

    @Test("every default is a value within its own bounds", arguments: SettingKey.all.map(\.name))
    func defaultIsValid(name: String) throws {
        let key = try #require(SettingKey.all.first { $0.name == name })
        guard let text = key.defaultText else { return }
        let given = try read([name: text])
        #expect(given.origins[name] == .environment)
        // Spelled out, the default means what it means unspelled.
        if !["ECRYPTOPAY_ADMIN_LISTEN", "ECRYPTOPAY_JOURNAL"].contains(name) {
            #expect(try given.reloadFaults(from: read()).isEmpty)
            #expect(
                given.describe().map { $0.prefix { $0 != "(" } }
                    == (try read()).describe().map { $0.prefix { $0 != "(" } })
        }
    }

    @Test func `secrets alone, and what may hold one, may stand in files and credentials`() {
        let secrets = SettingKey.all.filter(\.mayBeSecret)
        #expect(
            secrets.map(\.credential) == [
                "client_secret", "password", "webhook_paths", "admin_token", "journal", "forward_urls",
                "forward_secret",
            ])
        #expect(secrets.map(\.fileKey) == secrets.map { "\($0.name)_FILE" })
        #expect(SettingKey.all.filter { !$0.mayBeSecret }.allSatisfy { $0.credential == nil && $0.fileKey == nil })
    }
}
