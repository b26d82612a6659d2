import Configuration
import Testing

@Suite struct SettingsTests {
    @Test func `without configuration every default is in force`() throws {
        let settings = try read()
        #expect(settings.account?.clientID == "client")
        #expect(settings.account?.password.exposed == "s3cr3t-password")
        #expect(settings.apiURL == .documented)
        #expect(settings.webhookPaths == [.standard])
        #expect(settings.listen == [.tcp(host: "127.0.0.1", port: 8723)])
        #expect(settings.adminListen == [.unix(path: "/state/admin.sock")])
        #expect(settings.journal == .directory("/state/journal"))
        #expect(settings.confirmWindow == .seconds(259_200))
        #expect(settings.caFile == nil)
        #expect(settings.logLevel == .info)
        #expect(settings.origins["ECRYPTOPAY_LISTEN"] == .standard)
    }

    @Test func `every key reaches its property`() throws {
        let settings = try read(
            [
                "ECRYPTOPAY_API_URL": "http://[::1]:8725/api/v1/", "ECRYPTOPAY_WEBHOOK_PATHS": "/a/b, /c",
                "ECRYPTOPAY_LISTEN": "0.0.0.0:80, [::1]:0, unix:/run/x.sock", "ECRYPTOPAY_JOURNAL": "/j",
                "ECRYPTOPAY_ADMIN_LISTEN": "[0::1]:1, 127.9.9.9:2, localhost:3, unix:/a",
                "ECRYPTOPAY_JOURNAL_SEGMENT_BYTES": "4096", "ECRYPTOPAY_MIN_FREE_BYTES": "0",
                "ECRYPTOPAY_MAX_BODY_BYTES": "262144", "ECRYPTOPAY_MAX_CONNECTIONS": "2",
                "ECRYPTOPAY_REQUEST_TIMEOUT": "500ms", "ECRYPTOPAY_IDLE_TIMEOUT": "2m",
                "ECRYPTOPAY_API_TIMEOUT": "3s", "ECRYPTOPAY_CA_FILE": "/ca.pem",
                "ECRYPTOPAY_CONFIRM_CONCURRENCY": "8", "ECRYPTOPAY_CONFIRM_RATE": "9",
                "ECRYPTOPAY_MAX_PENDING": "7", "ECRYPTOPAY_CONFIRM_WINDOW": "1h", "ECRYPTOPAY_LOG_LEVEL": "debug",
            ], files: ["/ca.pem": "-----BEGIN CERTIFICATE-----\n"])
        #expect(settings.apiURL.description == "http://[::1]:8725/api/v1")
        #expect(settings.webhookPaths.map(\.exposed) == ["/a/b", "/c"])
        #expect(settings.listen.map(\.description) == ["0.0.0.0:80", "[::1]:0", "unix:/run/x.sock"])
        #expect(settings.adminListen.map(\.description) == ["[0::1]:1", "127.9.9.9:2", "localhost:3", "unix:/a"])
        #expect(settings.journal == .directory("/j"))
        #expect(settings.journalSegmentBytes == 4096)
        #expect(settings.minFreeBytes == 0)
        #expect(settings.maxBodyBytes == 262_144)
        #expect(settings.maxConnections == 2)
        #expect(settings.requestTimeout == .milliseconds(500))
        #expect(settings.idleTimeout == .seconds(120))
        #expect(settings.apiTimeout == .seconds(3))
        #expect(settings.caFile == "/ca.pem")
        #expect(settings.confirmConcurrency == 8)
        #expect(settings.confirmRate == 9)
        #expect(settings.maxPending == 7)
        #expect(settings.confirmWindow == .seconds(3600))
        #expect(settings.logLevel == .debug)
    }

    struct BadValue: CustomTestStringConvertible, Sendable {
        let key: String
        let value: String
        let says: String
        var testDescription: String { "\(key)=\(value)" }

        init(_ key: String, _ value: String, _ says: String) {
            self.key = key
            self.value = value
            self.says = says
        }
    }

    @Test func `a program that cannot be run is warned of, and may be installed later`() throws {
        let environment = ["ECRYPTOPAY_FORWARD_EXEC": "/opt/deliver"]
        func warnings(_ environment: [String: String], _ fault: String?) throws -> [String] {
            try read(environment, programFault: fault).warnings.filter { $0.contains("cannot be run") }
        }
        #expect(try read(environment).forwardExec == "/opt/deliver")
        #expect(try warnings(environment, nil) == [])
        let told = try warnings(environment, "Is a directory")
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix("ECRYPTOPAY_FORWARD_EXEC: /opt/deliver cannot be run (Is a directory), ") == true)
        #expect(try warnings([:], "Is a directory") == [], "none is configured")
    }

    @Test func `an admin side on TCP that needs no token is warned of`() throws {
        for (listen, token, isWarnedOf) in [
            ("unix:/a,127.0.0.1:1", nil, true), ("127.0.0.1:1", "0123456789abcdef", false), ("unix:/a", nil, false),
            ("off", nil, false),
        ] as [(String, String?, Bool)] {
            var environment = ["ECRYPTOPAY_ADMIN_LISTEN": listen]
            environment["ECRYPTOPAY_ADMIN_TOKEN"] = token
            let warnings = try read(environment).warnings.filter { $0.hasPrefix("ECRYPTOPAY_ADMIN_LISTEN: ") }
            #expect(warnings.count == (isWarnedOf ? 1 : 0), "\(listen): \(warnings)")
            #expect(!isWarnedOf || warnings.first?.contains("read the payments at 127.0.0.1:1,") == true)
        }
    }

    static let numbers = [
        "JOURNAL_SEGMENT_BYTES", "MIN_FREE_BYTES", "MAX_BODY_BYTES", "MAX_CONNECTIONS", "CONFIRM_CONCURRENCY",
        "CONFIRM_RATE", "MAX_PENDING",
    ]
    static let durations = ["REQUEST_TIMEOUT", "IDLE_TIMEOUT", "API_TIMEOUT", "CONFIRM_WINDOW"]

    static let badValues: [BadValue] =
        numbers.flatMap { key in
            ["+5", "-1", "1.5", "0x10", "1k", " 1", "٣", "1 000"].map { BadValue(key, $0, "is not a whole number") }
                + ["99999999999999999999", "9223372036854775807"].map { BadValue(key, $0, "is out of bounds") }
        }
        + durations.flatMap { key in
            [
                BadValue(key, "10", "has no unit"), BadValue(key, "-1s", "is negative"),
                BadValue(key, "1.5h", "is not a whole number of its unit"), BadValue(key, "10w", "has an unknown unit"),
                BadValue(key, "10 s", "has an unknown unit"), BadValue(key, "10S", "has an unknown unit"),
                BadValue(key, "s", "does not begin with a number"),
                BadValue(key, "+1s", "does not begin with a number"),
                BadValue(key, "0", "is out of bounds"), BadValue(key, "1ms", "is out of bounds"),
                BadValue(key, "10000h", "is out of bounds"), BadValue(key, "9223372036854775807h", "is out of bounds"),
            ]
        }
        + [
            BadValue("MAX_BODY_BYTES", "262145", "is out of bounds"),
            BadValue("MAX_BODY_BYTES", "63", "is out of bounds"),
            BadValue("MAX_CONNECTIONS", "0", "is out of bounds"),
            BadValue("CONFIRM_CONCURRENCY", "65", "is out of bounds"),
            BadValue("CONFIRM_RATE", "0", "is out of bounds"), BadValue("MAX_PENDING", "0", "is out of bounds"),
            BadValue("JOURNAL_SEGMENT_BYTES", "1023", "is out of bounds"),
            BadValue("API_TIMEOUT", "601s", "is out of bounds"),
            BadValue("EMAIL", "shop", "is not an e-mail address"),
            BadValue("EMAIL", "a@b@c", "is not an e-mail address"),
            BadValue("EMAIL", "a b@c", "is not an e-mail address"), BadValue("EMAIL", "@c", "is not an e-mail address"),
            BadValue("CLIENT_ID", "a\nb", "control character"),
            BadValue("JOURNAL", "mysql://localhost/x", "not one of PostgreSQL's"),
            BadValue("LOG_LEVEL", "INFO", "is not a log level"), BadValue("LOG_LEVEL", "verbose", "is not a log level"),
            BadValue("ADMIN_LISTEN", "0.0.0.0:8724", "which others can reach"),
            BadValue("ADMIN_LISTEN", "unix:/a, 10.0.0.1:1", "which others can reach"),
            BadValue("ADMIN_LISTEN", "off, unix:/a", "has no port"),
            BadValue("ADMIN_TOKEN", "0123456789abcde", "16 to 512"),
            BadValue("ADMIN_TOKEN", "0123456789 abcdef", "16 to 512"),
            BadValue("LISTEN", "8723", "has no port"), BadValue("LISTEN", "127.0.0.1", "has no port"),
            BadValue("LISTEN", "127.0.0.1:", "does not end with a port"),
            BadValue("LISTEN", "127.0.0.1:65536", "does not end with a port"),
            BadValue("LISTEN", "127.0.0.1:+80", "does not end with a port"),
            BadValue("LISTEN", "127.0.0.1:8723,", "has an empty entry"),
            BadValue("LISTEN", "127.0.0.1:1, 127.0.0.1:1", "stands there twice"),
            BadValue("LISTEN", "::1:80", "IPv6 address without brackets"),
            BadValue("LISTEN", "2001:db8::1:80", "IPv6 address without brackets"),
            BadValue("LISTEN", "[::1:80", "does not begin with an IP address"),
            BadValue("LISTEN", "[x]:80", "no IPv6 address"),
            BadValue("LISTEN", "example.com:80", "does not begin with an IP address"),
            BadValue("LISTEN", "127.0.0.01:80", "does not begin with an IP address"),
            BadValue("LISTEN", ":80", "does not begin with an IP address"),
            BadValue("LISTEN", "unix:x.sock", "not the absolute path"),
            BadValue("LISTEN", "unix:", "not the absolute path"),
            BadValue("LISTEN", "unix:/" + String(repeating: "x", count: 107), "too long"),
        ]

    @Test("a bad value is refused with key, value and reason", arguments: badValues)
    func refuses(_ bad: BadValue) throws {
        let found = try faults(["ECRYPTOPAY_\(bad.key)": bad.value])
        let fault = try #require(found.first)
        #expect(found.count == 1)
        #expect(fault.key == "ECRYPTOPAY_\(bad.key)")
        #expect(fault.place == "ECRYPTOPAY_\(bad.key) (environment)")
        #expect(fault.problem.contains(bad.says), "\(fault)")
        #expect(!fault.hint.isEmpty)
    }

    @Test("an empty value is refused", arguments: SettingKey.all.map(\.name))
    func refusesEmptyValue(name: String) throws {
        let found = try faults([name: ""])
        #expect(found.map(\.problem) == ["is empty"])
        #expect(found.map(\.key) == [name])
    }

    @Test func `the value at fault is named, on one line and not endless`() throws {
        let found = try faults(["ECRYPTOPAY_LOG_LEVEL": "\u{1b}[31m\n" + String(repeating: "x", count: 500)])
        let problem = try #require(found.first?.problem)
        #expect(problem.hasPrefix("\"\\u{1b}[31m\\u{a}xxx"))
        #expect(problem.utf8.count < 200)
        let piece = try faults(["ECRYPTOPAY_LISTEN": "127.0.0.1:1,nonsense"])
        #expect(piece.map(\.problem) == ["\"nonsense\" has no port"])
    }

    @Test func `all faults are reported together, in the order of the table`() throws {
        let found = try faults(
            ["ECRYPTOPAY_LOG_LEVEL": "x", "ECRYPTOPAY_EMAIL": "x", "ECRYPTOPAY_NONSENSE": "x"],
            file: "ECRYPTOPAY_MAX_PENDING=x\n")
        #expect(
            found.map(\.key) == [
                "ECRYPTOPAY_…", "ECRYPTOPAY_EMAIL", "ECRYPTOPAY_MAX_PENDING", "ECRYPTOPAY_LOG_LEVEL",
            ])
        #expect(found.map(\.place)[2] == "ECRYPTOPAY_MAX_PENDING (x.env line 1)")
    }

    @Test func `account keys are required, and each missing one is named`() throws {
        let none = try faults(withAccount: false)
        #expect(none.map(\.key) == SettingKey.all.filter(\.isAccount).map(\.name))
        #expect(none.allSatisfy { $0.problem.contains("is required") })
        let one = try faults(account.filter { $0.key != "ECRYPTOPAY_PASSWORD" }, withAccount: false)
        #expect(one.map(\.key) == ["ECRYPTOPAY_PASSWORD"])
        #expect(one.first?.hint.contains("ECRYPTOPAY_PASSWORD_FILE") == true)
    }

    @Test func `where the account is optional it is all of it or nothing`() throws {
        #expect(try read(account: .optional, withAccount: false).account == nil)
        #expect(try read(account: .optional).account != nil)
        let some = try faults(["ECRYPTOPAY_EMAIL": "a@b"], account: .optional, withAccount: false)
        #expect(some.count == 3)
    }

    @Test func `a command that needs no account reads what there is, whatever secret is elsewhere`() throws {
        let settings = try read(
            ["ECRYPTOPAY_EMAIL": "a@b", "ECRYPTOPAY_FORWARD_URLS": "http://127.0.0.1:1/hook"], account: .unused,
            withAccount: false)
        #expect(settings.account == nil && settings.forwardURLs.count == 1)
        #expect(
            try faults(["ECRYPTOPAY_EMAIL": "none"], account: .unused, withAccount: false).map(\.key)
                == ["ECRYPTOPAY_EMAIL"])
    }

    @Test func `a CA file that cannot be read or holds no certificate is a fault`() throws {
        let missing = try faults(["ECRYPTOPAY_CA_FILE": "/none.pem"])
        #expect(missing.map(\.problem) == ["cannot be read (open /none.pem: No such file or directory)"])
        let other = try faults(["ECRYPTOPAY_CA_FILE": "/x"], files: ["/x": "hello"])
        #expect(other.map(\.problem) == ["\"/x\" holds no certificate"])
    }
}
