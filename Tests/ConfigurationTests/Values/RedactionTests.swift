import Configuration
import Testing

struct RedactionTests {
    /// What may hold a password although its key is no secret's.
    static let suspicious = [
        "postgres//u:s3cr3t@h/db", "postgresql:/u:s3cr3t@h/db", "postgresql://u@h/db?password=s3cr3t", "u:s3cr3t@h",
        "//u:s3cr3t@h", "https//h/s3cr3t", "host=h password=s3cr3t", "ftp://h/s3cr3t", "/var/u:s3cr3t@h/db",
        "whsec_s3cr3t", "unix:/u:s3cr3t@h", "host=h password = s3cr3t",
    ]

    @Test func `what is plainly a path, an address or a name is shown`() {
        for text in [
            "/var/lib/ecryptopayd/journal", "journal//x", "postgres/journal", "[::1]:8723", "127.0.0.1:8723", "a@b.mx",
            "unix:/run/x.sock", "postgresql", "C", "https",
        ] {
            #expect(!Redaction.isDue(text))
        }
    }

    @Test(arguments: SettingKey.all.map(\.name), suspicious)
    func `whatever the key, nothing of such a value is shown, in faults, warnings and what is printed`(
        key: String, value: String
    ) {
        let account = ["CLIENT_ID": "client", "CLIENT_SECRET": "x", "EMAIL": "a@b.mx", "PASSWORD": "x"]
        var environment = Dictionary(uniqueKeysWithValues: account.map { ("ECRYPTOPAY_\($0.key)", $0.value) })
        environment[key] = value
        let shown: String
        do {
            let layers = SettingsLayers(
                environment: environment, file: nil, readFile: { _ in [] }, isReadableByAll: { _ in false },
                programFault: { _ in "none" }, credential: { _ in nil })
            let settings = try Settings(reading: layers, defaultJournal: "/j", account: .required)
            shown = settings.describe().joined() + settings.json + settings.warnings.joined()
        } catch {
            shown = "\(error)"
        }
        #expect(!shown.contains("s3cr3t"), "\(shown)")
    }
}
