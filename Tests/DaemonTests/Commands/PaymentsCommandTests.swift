import Glibc
import JSON
import TestSupport
import Testing

/// The commands about payments, on the real binary, against the sandbox as a process of its own.
struct PaymentsCommandTests {
    /// Runs `ecryptopayd payments …` with a sandbox's account.
    private func payments(
        _ sandbox: SandboxProcess, _ arguments: String..., settings: [String: String] = [:]
    ) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            try builtBinary(named: "ecryptopayd"), ["payments"] + arguments,
            environment: sandbox.settings.merging(settings) { $1 })
    }

    /// A shell command line in which `payments` is the command, with a sandbox's account.
    private func shell(_ sandbox: SandboxProcess, _ line: String) async throws -> ChildProcess.Result {
        let binary = try builtBinary(named: "ecryptopayd")
        return try await ChildProcess.run(
            "/bin/sh", ["-c", line.replacing("payments", with: "\(binary) payments")],
            environment: sandbox.settings.merging(["PATH": "/usr/bin:/bin", "TERM": "xterm"]) { $1 })
    }

    /// The same on a terminal of 80 columns; line ends are the terminal's.
    private func terminal(_ sandbox: SandboxProcess, _ line: String) async throws -> ChildProcess.Result {
        try await shell(sandbox, "script -qec 'stty cols 80; \(line)' /dev/null")
    }

    private func json(_ result: ChildProcess.Result) throws -> JSONValue {
        try JSONValue(parsing: Array(result.output.utf8))
    }

    // MARK: list

    @Test func `list shows a table, and selects by state and time`() async throws {
        let sandbox = try await SandboxProcess.start()
        let none = try await payments(sandbox, "list")
        #expect(none.exit == .code(0) && none.output == "")
        #expect(none.errors == "there are no payments\n")
        for amount in ["150.00", "12345.5", "0.05"] { _ = try sandbox.create(amount: amount) }
        try sandbox.move(2, to: "paid")
        let table = try await payments(sandbox, "list")
        let lines = table.output.split(separator: "\n")
        try #require(lines.count == 4, "\(table.errors)")
        #expect(lines[0].hasPrefix("ID  STATE         MXN  CURRENCY  UPDATED"))
        #expect(lines[1].hasPrefix(" 1  pending    150.00  btc       20"))
        #expect(lines[2].hasPrefix(" 2  paid     12345.50  btc       20"))
        #expect(lines[3].hasPrefix(" 3  pending      0.05  btc       20"))
        func ids(_ arguments: String...) async throws -> [Int64] {
            let result = try await ChildProcess.run(
                try builtBinary(named: "ecryptopayd"), ["payments", "list", "--json"] + arguments,
                environment: sandbox.settings)
            #expect(result.exit == .code(0) && result.errors == "")
            return try json(result).array?.compactMap { $0["id"]?.integer } ?? []
        }
        #expect(try await ids() == [1, 2, 3])
        #expect(try await ids("--state", "paid", "--since", "1h") == [2])
        let wrong = try await payments(sandbox, "list", "--since", "yesterday")
        #expect(wrong.exit == .code(64) && wrong.output == "")
        #expect(wrong.errors.contains("--since \"yesterday\""))
    }

    @Test func `--json prints what the API gave, whatever else is in it`() async throws {
        // Another API of the same kind: unknown members, numbers as no program keeps them, white space, no times.
        let one = #"{ "id":7, "state":"a b", "amount":"1.50","currency":"btc", "extra":{"deep":[1.0e5,null,"é"]} }"#
        let two = #"{"id":8,"state":"paid","amount":2.00,"currency":"btc","updated_at":"2022-11-01 18:04:05 UTC"}"#
        let nginx = try await Nginx(
            """
            location = /oauth/token { return 200 '{"access_token":"t","token_type":"Bearer"}'; }
            location = /payments { return 200 '[ \(one),\n \(two) ]'; }
            location = /payments/7 { return 200 '\(one)\n'; }
            location = /payments/ { return 201 '{"id":9, "amount":"2.0","currency":"btc"}'; }
            """)
        let settings = [
            "ECRYPTOPAY_CLIENT_ID": "c", "ECRYPTOPAY_CLIENT_SECRET": "s", "ECRYPTOPAY_EMAIL": "a@b.mx",
            "ECRYPTOPAY_PASSWORD": "p", "ECRYPTOPAY_API_URL": nginx.url(scheme: "http"),
        ]
        func output(_ arguments: String...) async throws -> String {
            let result = try await ChildProcess.run(
                try builtBinary(named: "ecryptopayd"), ["payments"] + arguments, environment: settings)
            #expect(result.exit == .code(0), "\(result.errors)")
            return result.output
        }
        func compact(_ text: String) throws -> String {
            String(decoding: try JSONValue(parsing: Array(text.utf8)).serialized(), as: UTF8.self)
        }
        #expect(try await output("get", "7", "--json") == "\(try compact(one))\n")
        #expect(try await output("list", "--json") == "[\(try compact(one)),\n\(try compact(two))]\n")
        // Nobody knows when payment 7 changed: it may be the one that is looked for.
        #expect(try await output("list", "--json", "--since", "1h") == "[\(try compact(one))]\n")
        #expect(
            try await output("create", "--amount", "2", "--json") == #"{"id":9,"amount":"2.0","currency":"btc"}"# + "\n"
        )
        let shown = try await output("get", "7")
        #expect(
            shown.contains("updated   -\n") && shown.contains("QR image  -\n") && shown.contains("to pay    ? btc\n"))
    }

    @Test(.enabled(if: geteuid() == 0, "an /etc/ssl/certs of its own needs root"))
    func `with a file of authorities, those in the system's directory are not trusted`() async throws {
        let authority = try await Certificates()
        let directory = try TemporaryDirectory()
        let nginx = try await Nginx(
            tls: authority.issue(for: "IP:127.0.0.1"),
            """
            location = /oauth/token { return 200 '{"access_token":"t","token_type":"Bearer"}'; }
            location = /payments { return 200 '[]'; }
            """)
        let script = """
            cp /etc/ssl/certs/ca-certificates.crt "$DIRECTORY"
            cp "$AUTHORITY" "$DIRECTORY/$(openssl x509 -hash -noout -in "$AUTHORITY").0"
            mount --bind "$DIRECTORY" /etc/ssl/certs
            exec "$@"
            """
        for (file, exit) in [(nil, 0), ("/etc/ssl/certs/ca-certificates.crt", 69)] as [(String?, Int32)] {
            var environment = [
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "AUTHORITY": authority.authority,
                "DIRECTORY": directory.path, "ECRYPTOPAY_CLIENT_ID": "c", "ECRYPTOPAY_CLIENT_SECRET": "s",
                "ECRYPTOPAY_EMAIL": "a@b.mx", "ECRYPTOPAY_PASSWORD": "p", "ECRYPTOPAY_API_URL": nginx.url(),
            ]
            environment["ECRYPTOPAY_CA_FILE"] = file
            let result = try await ChildProcess.run(
                "/usr/bin/unshare",
                ["--mount", "/bin/sh", "-ec", script, "sh", try builtBinary(named: "ecryptopayd"), "payments", "list"],
                environment: environment)
            #expect(result.exit == .code(exit), "\(file ?? "no file"): \(result.errors)")
        }
    }

    // MARK: get

    @Test func `get shows one payment, for people and for programs`() async throws {
        let sandbox = try await SandboxProcess.start()
        let id = try sandbox.create(amount: "150.5")
        let shown = try await payments(sandbox, "get", "\(id)")
        #expect(shown.exit == .code(0) && shown.errors == "")
        for line in ["payment   1", "state     pending", "amount    150.50 MXN"] {
            #expect(shown.output.split(separator: "\n").contains(Substring(line)))
        }
        #expect(shown.output.contains("QR image  http://127.0.0.1:"))
        #expect(try json(try await payments(sandbox, "get", "1", "--json"))["state"]?.string == "pending")
        let missing = try await payments(sandbox, "get", "99")
        #expect(missing.exit == .code(66))
        #expect(missing.errors.contains("there is no payment 99"))
        #expect(missing.errors.contains("payments list"))
    }

    // MARK: create

    @Test func `create prints the number first, and the payment is there`() async throws {
        let sandbox = try await SandboxProcess.start()
        let created = try await payments(sandbox, "create", "--amount", "150.00", "--currency", "eth")
        #expect(created.exit == .code(0))
        #expect(created.output.hasPrefix("1\namount    150.00 MXN\nto pay    0.0"))
        #expect(created.errors.contains("keep the number beside the order"))
        let second = try json(try await payments(sandbox, "create", "--amount", "7", "--json"))
        #expect(second["id"]?.integer == 2 && second["currency"]?.string == "btc")
        let list = try json(try await payments(sandbox, "list", "--json")).array
        #expect(list?.map { $0["amount"]?.string } == ["150.0", "7.0"])
        #expect(list?.map { $0["currency"]?.string } == ["eth", "btc"])
    }

    @Test(arguments: [
        // Carried out and not answered.
        (#"{"cut_rate":1}"#, 69, "whether the payment was created is not known", 1),
        // The answer says that it was created, and cannot be read.
        (#"{"nonsense_rate":1}"#, 65, "the payment was created", 1),
        // Certainly not created.
        (#"{"error_rate":1,"status":429,"retry_after":30}"#, 75, "retry after 30 s", 0),
    ])
    func `a creation that may have been carried out is told from a refusal, and is sent once`(
        faults: String, exit: Int, message: String, created: Int
    ) async throws {
        let sandbox = try await SandboxProcess.start()
        try sandbox.setFaults(faults.dropLast() + #","scope":"payments"}"#)
        let result = try await payments(sandbox, "create", "--amount", "5")
        #expect(result.exit == .code(Int32(exit)))
        #expect(result.output == "")
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(result.errors.contains("payments list --since") == (exit == 69 || exit == 65))
        try sandbox.clearFaults()
        #expect(try json(try await payments(sandbox, "list", "--json")).array?.count == created)
    }

    @Test func `an interrupted creation says what is not known`() async throws {
        let sandbox = try await SandboxProcess.start()
        try sandbox.setFaults(#"{"hang_rate":1,"scope":"payments"}"#)
        let create = try ChildProcess(
            try builtBinary(named: "ecryptopayd"), ["payments", "create", "--amount", "5"],
            environment: sandbox.settings.merging(["ECRYPTOPAY_API_TIMEOUT": "10m"]) { $1 })
        try await eventually("the request is there") {
            try sandbox.request("GET", "/sandbox/counts").body.contains("POST /payments")
        }
        create.signal(SIGINT)
        #expect(try await create.waitForExit() == .code(69))
        #expect(create.errors.contains("whether the payment was created is not known"))
    }

    @Test func `the number of a created payment goes to standard error when standard output fails`() async throws {
        let sandbox = try await SandboxProcess.start()
        let full = try await shell(sandbox, "payments create --amount 5 > /dev/full")
        #expect(full.exit == .code(74))
        #expect(full.errors.contains("payment 1 was created"))
        #expect(full.errors.contains("standard output cannot be written"))
        let gone = try await shell(sandbox, "payments create --amount 5 --json | true")
        #expect(gone.errors.contains("payment 2 was created") || gone.errors.contains("keep the number"))
    }

    // MARK: QR codes

    @Test func `the QR code says the image's address, plain and on a terminal`() async throws {
        let sandbox = try await SandboxProcess.start()
        for result in [
            try await payments(sandbox, "create", "--amount", "150", "--qr"),
            try await payments(sandbox, "get", "1", "--qr"),
            try await terminal(sandbox, "payments get 1 --qr"),
        ] {
            let lines = result.output.replacing("\r\n", with: "\n").split(separator: "\n")
            let address = try #require(lines.first { $0.hasPrefix("QR image  ") }).dropFirst(10)
            let code = TerminalQRCode(lines)
            #expect(try await code.read() == address)
            #expect(code.hasMargin)
        }
    }

    @Test func `a QR code that does not fit is not drawn, and everything else is`() async throws {
        let sandbox = try await SandboxProcess.start()
        let narrow = try await terminal(sandbox, "stty cols 30; payments create --amount 1 --qr")
        #expect(narrow.output.hasPrefix("1\r\n"))
        #expect(narrow.output.contains("the terminal has 30"))
        #expect(!narrow.output.contains("█"))
    }

    // MARK: Whatever the API sends

    @Test func `nothing that the API sends steers a terminal`() async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        _ = try sandbox.create()
        // Colours, a title, a line end, a C1 control, a turned writing direction; and letters of two columns.
        try sandbox.move(1, to: #"\u001b[31mpaid\u001b]0;x\u0007\n\u009b2J\u202e漢字"#)
        for command in ["list", "get 1", "get 1 --json", "list --json"] {
            let result = try await terminal(sandbox, "payments \(command)")
            let text = result.output.replacing("\r\n", with: "\n")
            for scalar in text.unicodeScalars {
                let category = scalar.properties.generalCategory
                #expect(scalar == "\n" || (category != .control && category != .format), "\(command): \(scalar.value)")
            }
            #expect(text.contains("paid"))
        }
        let table = try await payments(sandbox, "list").output.split(separator: "\n")
        try #require(table.count == 3)
        #expect(table[1].hasPrefix(" 1  [31mpaid ]0;x 2J 漢字  150.00  btc"))
        #expect(table[2].hasPrefix(" 2  pending                150.00  btc"))
        // Into a pipe the API's JSON goes as it is.
        let piped = try json(try await payments(sandbox, "get", "1", "--json"))
        #expect(piped["state"]?.string == "\u{1b}[31mpaid\u{1b}]0;x\u{7}\n\u{9b}2J\u{202e}漢字")
    }

    // MARK: Failures

    @Test(arguments: [
        (#"{"error_rate":1,"status":503}"#, 75), (#"{"refuse_tokens":true}"#, 77), (#"{"nonsense_rate":1}"#, 65),
        (#"{"hang_rate":1}"#, 69),
    ])
    func `each failure has its exit code, and says what was asked`(faults: String, exit: Int) async throws {
        let sandbox = try await SandboxProcess.start()
        _ = try sandbox.create()
        try sandbox.setFaults(faults)
        // Long enough for a token when only payments are struck, short enough for whoever hangs.
        let settings = faults.contains("hang") ? ["ECRYPTOPAY_API_TIMEOUT": "200ms"] : [:]
        for command in [["list"], ["get", "1"]] {
            let result = try await ChildProcess.run(
                try builtBinary(named: "ecryptopayd"), ["payments"] + command,
                environment: sandbox.settings.merging(settings) { $1 })
            #expect(result.exit == .code(Int32(exit)), "\(result.errors)")
            #expect(result.output == "")
            #expect(result.errors.hasPrefix("ecryptopayd: ") && result.errors.contains("/api/v1/"))
            for secret in ["PASSWORD", "CLIENT_SECRET"] {
                #expect(!result.errors.contains(sandbox.settings["ECRYPTOPAY_\(secret)"] ?? ""))
            }
        }
    }

    @Test(arguments: [
        ("ECRYPTOPAY_PASSWORD", "wrong", 77, "check ECRYPTOPAY_EMAIL"),
        ("ECRYPTOPAY_API_URL", "http://127.0.0.1:9/api/v1", 69, "check ECRYPTOPAY_API_URL"),
        ("ECRYPTOPAY_PASWORD", "x", 78, "ECRYPTOPAY_PASSWORD"),
    ])
    func `a wrong setting is named`(key: String, value: String, exit: Int, message: String) async throws {
        let sandbox = try await SandboxProcess.start()
        let result = try await payments(sandbox, "list", settings: [key: value])
        #expect(result.exit == .code(Int32(exit)), "\(result.errors)")
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func `output that nobody reads ends the program quietly`() async throws {
        let sandbox = try await SandboxProcess.start()
        for _ in 1...3 { _ = try sandbox.create() }
        for command in ["list --json", "list", "get 1", "watch 1 --interval 1ms"] {
            let result = try await shell(sandbox, "payments \(command) | head -n 1")
            #expect(result.exit == .code(0))
            #expect(result.output.split(separator: "\n").count == 1)
            #expect(result.errors == "", "\(command)")
        }
    }
}
