import Configuration
import Testing

@Suite struct SecretTests {
    @Test func `no way of printing a secret shows it`() {
        let secret = Secret("s3cr3t")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect("\(secret)" == "(set)")
        #expect(String(reflecting: secret) == "(set)")
        #expect(!dumped.contains("s3cr3t"))
        #expect(!"\(Optional(secret) as Any)".contains("s3cr3t"))
    }

    /// Values of every secret key, good and bad; each holds the word that must not be seen.
    static let values = [
        "s3cr3t", "s3cr3t\n\n", "s3cr3t\u{1}", "/webhooks/s3cr3t", "/s3cr3t?x", "/s3cr3t,/s3cr3t", "s3cr3t,,",
    ]

    @Test(
        "no secret appears in any fault, warning, report or dump",
        arguments: SettingKey.all.filter(\.isSecret).map(\.name), values)
    func hides(name: String, value: String) throws {
        let rest = account.filter { $0.key != name }
        let fileKey = "\(name)_FILE"
        let credential = name.dropFirst("ECRYPTOPAY_".count).lowercased()
        let attempts: [() throws -> Settings] = [
            { try read([name: value].merging(rest) { $1 }, withAccount: false) },
            { try read(rest, file: "\(name)='\(value)'\n", withAccount: false) },
            { try read([fileKey: "/x"].merging(rest) { $1 }, files: ["/x": value], withAccount: false) },
            { try read(rest, credentials: [credential: value], withAccount: false) },
            { try read([fileKey: value].merging(rest) { $1 }, withAccount: false) },
            { try read([name: value, fileKey: "/x"].merging(rest) { $1 }, files: ["/x": value], withAccount: false) },
            { try read(["\(name)X": value].merging(rest) { $1 }) },
        ]
        for attempt in attempts {
            var shown = ""
            do {
                let settings = try attempt()
                shown = settings.describe().joined() + settings.json + settings.warnings.joined() + "\(settings)"
                shown += String(reflecting: settings) + "\(settings.account as Any)"
                dump(settings, to: &shown)
            } catch let error as ConfigurationFaults {
                shown = "\(error)" + String(reflecting: error)
                dump(error, to: &shown)
            }
            // A path in a _FILE key may be shown; the one attempt with the secret in its place is not absolute, or unreadable.
            if value.hasPrefix("/") {
                shown = shown.replacing("open \(value): ", with: "").replacing("file \(value), named", with: "")
            }
            #expect(!shown.contains("s3cr3t"))
        }
    }

    @Test func `a file with secrets that every user may read is named once, with its keys and the mend`() throws {
        let text = """
            ECRYPTOPAY_PASSWORD=s3cr3t
            ECRYPTOPAY_CLIENT_SECRET_FILE=/keys/c
            ECRYPTOPAY_WEBHOOK_PATHS=/h/5f0c8e9b7a6d4c3b
            """
        func warnings(_ readable: Set<String>) throws -> [String] {
            try read(
                ["ECRYPTOPAY_CLIENT_ID": "c", "ECRYPTOPAY_EMAIL": "a@b.mx"], file: text, files: ["/keys/c": "s3cr3t"],
                withAccount: false, readableByAll: readable
            ).warnings
        }
        #expect(try warnings([]) == [])
        #expect(
            try warnings(["x.env", "/keys/c"]) == [
                "ECRYPTOPAY_CLIENT_SECRET: every user of this machine may read /keys/c; run chmod 0640 /keys/c, and give it to"
                    + " root and the daemon's group",
                "ECRYPTOPAY_PASSWORD, ECRYPTOPAY_WEBHOOK_PATHS: every user of this machine may read x.env; run chmod 0640"
                    + " x.env, and give it to root and the daemon's group",
            ])
    }

    @Test func `a file without secrets may be read by all`() throws {
        #expect(try read(file: "ECRYPTOPAY_IDLE_TIMEOUT=60s\n", readableByAll: ["x.env"]).warnings.count == 1)
    }
}
