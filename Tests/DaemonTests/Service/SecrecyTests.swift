import Glibc
import POSIX
import TestSupport
import Testing

/// Secrets appear in nothing that the daemon writes, says or answers.
struct SecrecyTests {
    private static let forwardSecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    /// What must not be seen, each in its plainest form.
    private static let secrets = [
        "hush", DaemonUnderTest.path.split(separator: "/").last.map(String.init) ?? "", forwardSecret,
    ]

    /// Everything on the admin side, `/events` as far as the delivery's record.
    private func answers(_ daemon: DaemonUnderTest) throws -> [String: String] {
        var answers = try ["/status", "/metrics", "/", "/readyz", "/healthz"].reduce(into: [:]) {
            $0[$1] = try daemon.ask($1).body
        }
        let client = try ClientSocket(.unix(path: daemon.directory.path(of: "admin")))
        try client.send("GET /events?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        var events = try client.receiveHead()
        while !events.contains(#""kind":"delivered""#) {
            events += String(decoding: try #require(try client.receiveChunk()), as: UTF8.self)
        }
        answers["/events"] = events
        return answers
    }

    @Test(arguments: [
        ("ECRYPTOPAY_JOURNAL", "postgres//u:hush@h/db"), ("ECRYPTOPAY_ADMIN_LISTEN", "unix:/run/u:hush@h/db"),
        ("ECRYPTOPAY_CA_FILE", "/etc/u:hush@h"), ("ECRYPTOPAY_FORWARD_EXEC", "https:/u:hush@h"),
        ("ECRYPTOPAY_CLIENT_ID", "https://h/?key=hush"), ("ECRYPTOPAY_PASSWORDhush", "x"),
        ("ECRYPTOPAY_PASSWORD hush\nECRYPTOPAY_EMAIL", "a@b.mx"),
    ])
    func `a slip in the configuration shows nobody a password`(key: String, value: String) async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set(key, value)
        for command in ["check", "serve"] {
            let result = try await daemon.run([command, "--env-file", daemon.envFile])
            #expect(!(result.output + result.errors).contains("hush"), "\(result)")
            #expect(result.exit == .code(78), "\(result)")
        }
    }

    @Test func `what looks like a password on a command line is never repeated`() async throws {
        let daemon = try DaemonUnderTest()
        let slip = "postgres//u:hush@h/db"
        for arguments in [
            ["journal", "cat", "--directory", slip], ["journal", "verify", "--directory=\(slip)"],
            ["journal", "prune", "--keep", slip], ["journal", "backup", slip], ["journal", slip],
            ["demo", "--directory", slip],
            ["journal", "cat", "--directory", "https//hush/db"], ["journal", "backup", "https:/hush/db"],
            ["journal", "restore", "postgres://hush/db"], ["journal", "copy", "mysql://hush/db", "/nowhere"],
            ["check", "--env-file", "https:/hush"], ["sandbox", "--listen", slip],
        ] {
            let result = try await daemon.run(arguments)
            #expect(!(result.output + result.errors).contains("hush"), "\(arguments): \(result)")
            #expect([.code(64), .code(78)].contains(result.exit) && !result.errors.isEmpty, "\(arguments): \(result)")
        }
    }

    @Test func `an answer that is too long for a token is told as one, not as a listing`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let api = try EchoingAPI(grant: String(repeating: " ", count: 70_000))
            let daemon = try DaemonUnderTest(apiURL: api.url)
            try daemon.set("ECRYPTOPAY_LISTEN", "127.0.0.1:0")
            let check = try await daemon.run(["check", "--online", "--env-file", daemon.envFile])
            #expect(check.exit == .code(65) && check.errors.contains("check ECRYPTOPAY_API_URL"), "\(check)")
            try await daemon.start()
            try await daemon.process?.waitForOutput(containing: "no token is that long; check ECRYPTOPAY_API_URL")
            try await daemon.end()
            #expect(daemon.process?.errors.contains("LIST_MAX_BYTES") == false)
            await api.stop()
        }
    }

    @Test func `no secret shows in log, journal, process list or on the admin side`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let api = try EchoingAPI()
            let shop = try ShopServer()
            let daemon = try DaemonUnderTest(apiURL: api.url)
            try daemon.set("ECRYPTOPAY_LOG_LEVEL", "trace")
            // One takes it; at the other nobody listens, and its error is told.
            let refusing = "http://127.0.0.1:9/hook"
            try daemon.set("ECRYPTOPAY_FORWARD_URLS", "\(shop.url)?key=hush-query,\(refusing)?key=hush-other-query")
            try daemon.set("ECRYPTOPAY_FORWARD_SECRET", "whsec_\(Self.forwardSecret)")
            try await daemon.startWithBaseline()
            #expect(try daemon.post(DaemonUnderTest.report(7)).status == 200)
            _ = try daemon.post("nonsense")
            try await eventually("the delivery") { try daemon.payments("delivered") == [7] }
            try await daemon.process?.waitForOutput(containing: "\(refusing)?… did not take record")
            var shown = try answers(daemon)
            let pid = try #require(daemon.process).pid
            shown["command line"] = String(decoding: try readFile("/proc/\(pid)/cmdline"), as: UTF8.self)
            shown["status"] = try await daemon.run(["status", "--env-file", daemon.envFile]).output
            try await daemon.end()
            shown["log"] = try #require(daemon.process).errors
            for name in try daemon.directory.names(in: "journal") {
                shown["journal/\(name)"] = try daemon.directory.readText("journal/\(name)")
            }
            // What they are about shows, and the API has been asked with the token in every way.
            #expect(api.authorizations.filter { $0 == "Bearer \(EchoingAPI.token)" }.count >= 4)
            for place in ["/status", "/", "/events", "status", "log", "journal/00000000000000000001.jsonl"] {
                #expect(shown[place]?.contains("\(shop.url)?…") == true, "\(place): \(shown[place] ?? "")")
            }
            for (place, text) in shown {
                for secret in Self.secrets { #expect(!text.contains(secret), "\(secret) in \(place): \(text)") }
            }
            await api.stop()
            await shop.stop()
        }
    }
}
