import Configuration
import Testing

@Suite struct SettingsReloadTests {
    @Test(
        "an address or the journal needs a restart",
        arguments: [
            ("ECRYPTOPAY_LISTEN", "127.0.0.1:1"), ("ECRYPTOPAY_JOURNAL", "/other"),
            ("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "4096"),
        ])
    func refuses(name: String, value: String) throws {
        let found = try read([name: value]).reloadFaults(from: try read())
        #expect(found.map(\.key) == [name])
        #expect(found.first?.problem.contains("needs a restart") == true)
        #expect(found.first?.place == "\(name) (environment)")
    }

    @Test(
        "every other key can change at run time",
        arguments: [
            ("WEBHOOK_PATHS", "/other"), ("CLIENT_ID", "x"), ("CLIENT_SECRET", "x"), ("EMAIL", "x@y"),
            ("PASSWORD", "x"),
            ("API_URL", "https://example.com"), ("CONFIRM_RATE", "1"), ("CONFIRM_WINDOW", "1h"), ("API_TIMEOUT", "1s"),
            ("REQUEST_TIMEOUT", "1s"), ("IDLE_TIMEOUT", "1s"), ("LOG_LEVEL", "error"),
            ("JOURNAL_KEEP", "90d"), ("SCRUB", "1h"), ("RECONCILE_INTERVAL", "0"), ("LIST_TIMEOUT", "1s"),
            ("LIST_MAX_BYTES", "2048"), ("ADMIN_TOKEN", "0123456789abcdef"),
        ])
    func allows(suffix: String, value: String) throws {
        #expect(try read(["ECRYPTOPAY_\(suffix)": value]).reloadFaults(from: try read()).isEmpty)
    }

    @Test func `the same value from another source needs no restart`() throws {
        #expect(try read(file: "ECRYPTOPAY_LISTEN=127.0.0.1:8723\n").reloadFaults(from: try read()).isEmpty)
    }
}
