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
        try client.send("GET /events?after=0 HTTP/1.1\r\nHost: admin\r\n\r\n")
        var events = try client.receiveHead()
        while !events.contains(#""kind":"delivered""#) {
            events += String(decoding: try #require(try client.receiveChunk()), as: UTF8.self)
        }
        answers["/events"] = events
        return answers
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
