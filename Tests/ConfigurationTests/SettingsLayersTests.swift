import Configuration
import Testing

@Suite struct SettingsLayersTests {
    private let key = "ECRYPTOPAY_PASSWORD"
    private var rest: [String: String] { account.filter { $0.key != key } }

    @Test func `the process environment wins over the env file`() throws {
        let settings = try read(
            ["ECRYPTOPAY_CONFIRM_RATE": "3"], file: "ECRYPTOPAY_CONFIRM_RATE=4\n\nECRYPTOPAY_MAX_PENDING=5\n")
        #expect(settings.confirmRate == 3)
        #expect(settings.origins["ECRYPTOPAY_CONFIRM_RATE"] == .environment)
        #expect(settings.maxPending == 5)
        #expect(settings.origins["ECRYPTOPAY_MAX_PENDING"] == .file(name: "x.env", line: 3))
    }

    @Test func `environment, env file, file of a _FILE key and credential, in that order`() throws {
        let credentials = ["password": "from credential\n"]
        let files = ["/e": "from e\n", "/f": "from f\r\n"]
        func password(_ environment: [String: String], _ file: String) throws -> String? {
            try read(
                rest.merging(environment) { $1 }, file: file, files: files, credentials: credentials, withAccount: false
            ).password?.exposed
        }
        #expect(try password([key: "env"], "\(key)=file\n") == "env")
        #expect(try password([:], "\(key)=file\n") == "file")
        #expect(try password(["\(key)_FILE": "/e"], "\(key)_FILE=/f\n") == "from e")
        #expect(try password([:], "\(key)_FILE=/f\n") == "from f")
        #expect(try password([:], "") == "from credential")
    }

    @Test func `only one line end is taken from a file's content`() throws {
        let settings = try read(
            rest.merging(["\(key)_FILE": "/e"]) { $1 }, files: ["/e": " a b \n"], withAccount: false)
        #expect(settings.password?.exposed == " a b ")
        let found = try faults(rest.merging(["\(key)_FILE": "/e"]) { $1 }, files: ["/e": "a\n\n"], withAccount: false)
        #expect(found.map(\.key) == [key])
        #expect(found.first?.problem.contains("more than one line") == true)
    }

    @Test func `a key beside its own _FILE is an error wherever the two stand`() throws {
        for (environment, file) in [
            ([key: "s3cr3t", "\(key)_FILE": "/e"], ""), ([key: "s3cr3t"], "\(key)_FILE=/e\n"),
            (["\(key)_FILE": "/e"], "\(key)=s3cr3t\n"), ([:], "\(key)=s3cr3t\n\(key)_FILE=/e\n"),
        ] {
            let found = try faults(
                rest.merging(environment) { $1 }, file: file, files: ["/e": "s3cr3t"], withAccount: false)
            #expect(found.map(\.key) == [key])
            #expect(found.first?.problem.contains("stands beside \(key)_FILE") == true)
            #expect(!"\(found)".contains("s3cr3t"))
        }
    }

    @Test func `a secret's file that cannot be read is named`() throws {
        let found = try faults(["\(key)_FILE": "/none"].merging(rest) { $1 }, withAccount: false)
        #expect(found.map(\.key) == ["\(key)_FILE"])
        #expect(found.map(\.problem) == ["cannot be read (open /none: No such file or directory)"])
    }

    @Test func `a secret under the key of its file is not shown`() throws {
        let found = try faults(["\(key)_FILE": "s3cr3t"].merging(rest) { $1 }, withAccount: false)
        #expect(found.map(\.problem) == ["is not an absolute path"])
    }

    @Test func `what is no secret may not stand in a file`() throws {
        let found = try faults(["ECRYPTOPAY_EMAIL_FILE": "/x"])
        #expect(found.map(\.problem) == ["only a secret may stand in a file"])
        #expect(found.map(\.hint) == ["set ECRYPTOPAY_EMAIL itself"])
    }

    @Test(
        "an unknown key names the nearest known one",
        arguments: [
            ("ECRYPTOPAY_PASWORD", "ECRYPTOPAY_PASSWORD"), ("ECRYPTOPAY_CLIENTID", "ECRYPTOPAY_CLIENT_ID"),
            ("ECRYPTOPAY_LISTENS", "ECRYPTOPAY_LISTEN"), ("ECRYPTOPAY_email", "ECRYPTOPAY_EMAIL"),
            ("ECRYPTOPAY_WEBHOOK_PATH", "ECRYPTOPAY_WEBHOOK_PATHS"),
            ("ECRYPTOPAY_PASSWORD_FILES", "ECRYPTOPAY_PASSWORD_FILE"), ("ECRYPTOPAY_LOGLEVEL", "ECRYPTOPAY_LOG_LEVEL"),
        ])
    func namesNearest(name: String, nearest: String) throws {
        for found in [try faults([name: "s3cr3t"]), try faults(file: "\(name)=s3cr3t\n")] {
            #expect(found.map { $0.place.hasPrefix("\(name) (") } == [true], "\(found)")
            #expect(found.map(\.hint) == ["did you mean \(nearest)?"])
            #expect(!"\(found)".contains("s3cr3t"))
        }
    }

    @Test(arguments: [
        ("ECRYPTOPAY_PASSWORDs3cr3t", "ECRYPTOPAY_PASSWORD…"), ("ECRYPTOPAY_PASWORDs3cr3t", "ECRYPTOPAY_PAS…"),
        ("ECRYPTOPAY_FORWARD_SECRETs3cr3t", "ECRYPTOPAY_FORWARD_SECRET…"), ("ECRYPTOPAY_s3cr3t", "ECRYPTOPAY_…"),
    ])
    func `of an unknown name nothing is shown but what the nearest key has in common with it`(
        name: String, shown: String
    ) throws {
        for found in [try faults([name: "x"]), try faults(file: "\(name)=x\n")] {
            #expect(found.map { $0.place.hasPrefix("\(shown) (") } == [true], "\(found)")
            #expect(!"\(found)".contains("s3cr3t"))
        }
    }

    @Test func `a key in force twice in the file, or misspelled in its prefix, brings a warning`() throws {
        let settings = try read(
            ["ECRYPTOPAY_WEBHOOK_PATHS": "/5f0c8e9b7a6d4c3b"],
            file: "ECRYPTOPAY_CONFIRM_RATE=1\nECRYPTOPAY_CONFIRM_RATE=2\nECRYPTPAY_MAX_PENDING=3\nhttps_proxy=x\n")
        #expect(settings.confirmRate == 2)
        #expect(
            settings.warnings == [
                "ECRYPTOPAY_CONFIRM_RATE: x.env line 2 replaces line 1",
                "ECRYPTPAY_MAX_PENDING: x.env line 3 is ignored; did you mean ECRYPTOPAY_MAX_PENDING?",
            ])
    }
}
