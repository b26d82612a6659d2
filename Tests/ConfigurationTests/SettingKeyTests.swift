import Configuration
import Testing

@Suite struct SettingKeyTests {
    @Test func `the keys and their defaults are those of the contract`() throws {
        let documented: [(String, String?)] = [
            ("CLIENT_ID", nil), ("CLIENT_SECRET", nil), ("EMAIL", nil), ("PASSWORD", nil),
            ("API_URL", "https://ecryptopay.com/api/v1"), ("WEBHOOK_PATHS", "/webhooks/ecryptopay"),
            ("LISTEN", "127.0.0.1:8723"), ("ADMIN_LISTEN", "127.0.0.1:8724"), ("JOURNAL", "./journal"),
            ("JOURNAL_SEGMENT_BYTES", "67108864"),
            ("JOURNAL_KEEP", "0"), ("MIN_FREE_BYTES", "67108864"), ("MAX_BODY_BYTES", "16384"),
            ("MAX_CONNECTIONS", "1024"),
            ("REQUEST_TIMEOUT", "10s"), ("IDLE_TIMEOUT", "75s"), ("API_TIMEOUT", "10s"), ("CA_FILE", nil),
            ("CONFIRM_CONCURRENCY", "4"), ("CONFIRM_RATE", "10"), ("MAX_PENDING", "100000"),
            ("CONFIRM_WINDOW", "72h"), ("RECONCILE_INTERVAL", "5m"), ("LIST_TIMEOUT", "1m"),
            ("LIST_MAX_BYTES", "67108864"), ("FORWARD_URLS", nil), ("FORWARD_EXEC", nil), ("FORWARD_SECRET", nil),
            ("LOG_LEVEL", "info"),
        ]
        #expect(SettingKey.all.map(\.name) == documented.map { "ECRYPTOPAY_\($0.0)" })
        for (key, (_, text)) in zip(SettingKey.all, documented) {
            #expect(key.defaultText == text, "\(key.name)")
        }
    }

    @Test("every default is a value within its own bounds", arguments: SettingKey.all.map(\.name))
    func defaultIsValid(name: String) throws {
        let key = try #require(SettingKey.all.first { $0.name == name })
        guard let text = key.defaultText else { return }
        let given = try read([name: text])
        #expect(given.origins[name] == .environment)
        // Spelled out, the default means what it means unspelled.
        if name != "ECRYPTOPAY_JOURNAL" {
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
                "client_secret", "password", "webhook_paths", "journal", "forward_urls", "forward_secret",
            ])
        #expect(secrets.map(\.fileKey) == secrets.map { "\($0.name)_FILE" })
        #expect(SettingKey.all.filter { !$0.mayBeSecret }.allSatisfy { $0.credential == nil && $0.fileKey == nil })
    }
}
