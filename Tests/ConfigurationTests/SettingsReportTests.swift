import Configuration
import Testing

@Suite struct SettingsReportTests {
    @Test func `each key is described with value and source, secrets redacted`() throws {
        let lines = try read(
            ["ECRYPTOPAY_REQUEST_TIMEOUT": "60s"], file: "# x\nECRYPTOPAY_MAX_PENDING=5\n",
            credentials: ["webhook_paths": "/webhooks/5f0c8e9b7a6d4c3b"]
        ).describe()
        #expect(lines.count == SettingKey.all.count)
        func line(_ suffix: String) -> String? {
            lines.first { $0.hasPrefix("ECRYPTOPAY_\(suffix) ") }?.split(separator: " ").joined(separator: " ")
        }
        #expect(line("PASSWORD") == "ECRYPTOPAY_PASSWORD = (set) (environment)")
        #expect(line("REQUEST_TIMEOUT") == "ECRYPTOPAY_REQUEST_TIMEOUT = 1m (environment)")
        #expect(line("MAX_PENDING") == "ECRYPTOPAY_MAX_PENDING = 5 (x.env line 2)")
        #expect(line("WEBHOOK_PATHS") == "ECRYPTOPAY_WEBHOOK_PATHS = /webhooks/… (credential webhook_paths)")
        #expect(line("CA_FILE") == "ECRYPTOPAY_CA_FILE = (not set) (default)")
        #expect(line("JOURNAL") == "ECRYPTOPAY_JOURNAL = /state/journal (default)")
    }

    @Test func `the JSON form has each key's value and source, and the warnings`() throws {
        let json = try read(["ECRYPTOPAY_JOURNAL": "/a\"b\\c"]).json
        #expect(
            json.hasPrefix("{\"settings\":{\"ECRYPTOPAY_CLIENT_ID\":{\"value\":\"client\",\"source\":\"environment\"},")
        )
        #expect(json.contains("\"ECRYPTOPAY_JOURNAL\":{\"value\":\"/a\\\"b\\\\c\",\"source\":\"environment\"}"))
        #expect(json.contains("\"ECRYPTOPAY_CA_FILE\":{\"value\":null,\"source\":\"default\"}"))
        #expect(json.contains("\"warnings\":[\"ECRYPTOPAY_WEBHOOK_PATHS: path 1 (/webhooks/ecryptopay) can be guessed"))
    }
}
