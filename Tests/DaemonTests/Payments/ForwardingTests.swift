import Glibc
import HTTP1
import HTTPServer
import JSON
import TestSupport
import Testing

@testable import ecryptopayd

/// Deliveries to the merchant's application, on the real binary: the sandbox, the daemon and the shop over real sockets.
struct ForwardingTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func setUp(
        _ ledger: TestedLedger, _ urls: [String], _ settings: [String: String] = [:]
    ) async throws -> (
        SandboxProcess, DaemonUnderTest
    ) {
        let sandbox = try await SandboxProcess.start()
        let daemon = try await ledger.daemon(asking: sandbox)
        if !urls.isEmpty { try daemon.set("ECRYPTOPAY_FORWARD_URLS", urls.joined(separator: ",")) }
        try daemon.set("ECRYPTOPAY_FORWARD_SECRET", Self.secret)
        for (key, value) in settings { try daemon.set(key, value) }
        try await daemon.startWithBaseline()
        return (sandbox, daemon)
    }

    /// A payment that is paid, and a webhook that tells of it; its number.
    private func pay(_ sandbox: SandboxProcess, _ daemon: DaemonUnderTest) throws -> Int64 {
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        return id
    }

    private func delivered(_ daemon: DaemonUnderTest, _ count: Int) async throws {
        try await eventually("\(count) deliveries") { try daemon.records("delivered").count == count }
    }

    @Test(arguments: TestedLedger.allCases)
    func `a confirmed payment reaches the shop, with a signature that others can verify`(on ledger: TestedLedger)
        async throws
    {
        let shop = try ShopServer()
        let (sandbox, daemon) = try await setUp(ledger, [shop.url])
        let id = try pay(sandbox, daemon)
        try await delivered(daemon, 1)
        let delivery = try #require(shop.deliveries.first)
        let confirmed = try #require(try daemon.records("confirmed", payment: id).first)
        let body = try JSONValue(parsing: Array(delivery.body.utf8))
        #expect(body["type"]?.string == "payment.updated")
        #expect(body["seq"] == confirmed["seq"])
        #expect(body["data"] == confirmed["current"])
        let opened = try #require(try daemon.records("opened").first)
        let parts = [opened["journal"]?.string, confirmed["seq"]?.integer.map { "\($0)" }, confirmed["crc"]?.string]
        #expect(delivery.id == "msg_\(parts.compactMap(\.self).joined(separator: "_"))")
        let verified = try await verify(delivery, Self.secret)
        #expect(verified.exit == .code(0), "\(verified.errors)")
        #expect(try JSONValue(parsing: Array(verified.output.utf8)) == body)
        #expect(try await verify(delivery, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").exit == .code(1))
        try await daemon.end()
        #expect(daemon.process?.errors.contains("payment \(id) delivered to \(shop.url)") == true)
        #expect(daemon.process?.errors.contains("MfKQ9r8G") == false)
        await shop.stop()
    }

    /// By the library that Standard Webhooks' authors wrote, which `Tests/python` installs.
    private func verify(_ delivery: ShopServer.Delivery, _ secret: String) async throws -> ChildProcess.Result {
        let python = "\(repository)/.build/python/bin/python3"
        try #require(access(python, X_OK) == 0, "Tests/python has not been run")
        let script = """
            import json, os, sys
            from standardwebhooks.webhooks import Webhook, WebhookVerificationError
            try:
                print(json.dumps(Webhook(os.environ["SECRET"]).verify(os.environ["BODY"], json.loads(os.environ["FIELDS"]))))
            except WebhookVerificationError as error:
                sys.exit(str(error))
            """
        let fields = JSONValue.object(
            delivery.fields.filter { $0.key.hasPrefix("webhook-") }.map {
                .init($0.key, .string($0.value))
            })
        return try await ChildProcess.run(
            python, ["-c", script],
            environment: [
                "SECRET": secret, "BODY": delivery.body, "FIELDS": String(decoding: fields.serialized(), as: UTF8.self),
            ])
    }

    /// What `ecryptopayd status` prints.
    private func statusText(_ daemon: DaemonUnderTest) throws -> String { StatusText.text(try daemon.status()) }

    @Test(arguments: TestedLedger.allCases)
    func `a delivery that fails is told in log, status and page, and is no problem at once`(on ledger: TestedLedger)
        async throws
    {
        let shop = try ShopServer { $0.respond(.json(status: 500, "{}")) }
        let (sandbox, daemon) = try await setUp(ledger, [shop.url])
        _ = try pay(sandbox, daemon)
        try await daemon.process?.waitForOutput(containing: "did not take record")
        #expect(daemon.process?.errors.contains("HTTP 500") == true)
        #expect(shop.deliveries.count >= 1)
        let status = try daemon.status()
        #expect(status["endpoints"]?.array?.first?["last_error"]?.string == "HTTP 500")
        #expect(try daemon.ask("/").body.contains(try Regex("takes nothing for [0-9]+ s: HTTP 500")))
        #expect(status["well"] == .bool(true), "it may be a short one")
        let told = try statusText(daemon)
        #expect(told.contains("1 wait for \(shop.url), which takes nothing: HTTP 500"), "\(told)")
        try await daemon.end()
        #expect(try daemon.records("undeliverable").isEmpty)
        await shop.stop()
    }

    @Test(arguments: TestedLedger.allCases)
    func `an endpoint that answers 410 gets nothing more, is told as a problem, and goes on after a reload`(
        on ledger: TestedLedger
    ) async throws {
        let shop = try ShopServer { $0.respond(Response(status: 410)) }
        let (sandbox, daemon) = try await setUp(ledger, [shop.url])
        _ = try pay(sandbox, daemon)
        try await daemon.process?.waitForOutput(containing: "\(shop.url) answered 410 Gone and gets nothing more")
        let status = try daemon.status()
        #expect(status["well"] == .bool(false))
        #expect(status["endpoints"]?.array?.first?["stopped"] == .bool(true))
        #expect(try daemon.metric("ecryptopayd_stopped_endpoints") == 1)
        let told = try statusText(daemon)
        #expect(told.contains("! \(shop.url) answered 410 Gone"), "\(told)")
        #expect(told.contains("1 wait for \(shop.url), STOPPED"), "\(told)")
        _ = try pay(sandbox, daemon)
        try await eventually("another confirmation") { try daemon.records("confirmed").count == 2 }
        #expect(shop.deliveries.count == 1)
        shop.change { $0.respond(Response(status: 200)) }
        daemon.process?.signal(SIGHUP)
        try await delivered(daemon, 2)
        try await eventually("it is counted") {
            try daemon.metric(#"ecryptopayd_deliveries_total{outcome="delivered"}"#) == 2
        }
        #expect(try daemon.metric("ecryptopayd_waiting_deliveries") == 0)
        #expect(try daemon.status()["well"] == .bool(true))
        try await daemon.end()
        #expect(try daemon.records("undeliverable").isEmpty)
        await shop.stop()
    }

    @Test(arguments: TestedLedger.allCases)
    func `a shop behind a private authority is delivered to, one without TLS is not`(
        on ledger: TestedLedger
    ) async throws {
        let shop = try ShopServer()
        let certificates = try await Certificates()
        let nginx = try await Nginx(
            tls: certificates.issue(for: "IP:127.0.0.1"),
            "location / { proxy_pass \(shop.url.dropLast("/hook".count)); }")
        let plain = shop.url.replacing("http:", with: "https:")
        let (sandbox, daemon) = try await setUp(
            ledger,
            ["\(nginx.url())/hook", plain], ["ECRYPTOPAY_CA_FILE": certificates.authority])
        let id = try pay(sandbox, daemon)
        try await delivered(daemon, 1)
        #expect(try daemon.records("delivered", payment: id).first?["endpoint"]?.string == "\(nginx.url())/hook")
        try await daemon.process?.waitForOutput(containing: "\(plain) did not take record")
        #expect(shop.deliveries.count == 1)
        try await daemon.end()
        await shop.stop()
    }

    @Test(arguments: TestedLedger.allCases)
    func `a reload adds an endpoint and removes another, and a replay brings what it missed`(on ledger: TestedLedger)
        async throws
    {
        let old = try ShopServer { $0.respond(Response(status: 503)) }
        let new = try ShopServer()
        let (sandbox, daemon) = try await setUp(ledger, [old.url])
        let first = try pay(sandbox, daemon)
        try await daemon.process?.waitForOutput(containing: "did not take record")
        try daemon.set("ECRYPTOPAY_FORWARD_URLS", new.url)
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "configuration reloaded")
        #expect(try daemon.payments("undeliverable") == [first])
        #expect(try daemon.status()["well"] == .bool(false))
        let lacking = try statusText(daemon)
        #expect(lacking.contains("! undeliverable since the start of the daemon"), "\(lacking)")
        #expect(lacking.contains(", 1 undeliverable; 0 wait for \(new.url)"), "\(lacking)")
        let words = lacking.split(whereSeparator: { $0 == " " || $0 == "\"" })
        let since = try #require(words.firstIndex(of: "--since").map { String(words[$0 + 1]) })
        let second = try pay(sandbox, daemon)
        try await delivered(daemon, 1)
        #expect(try daemon.payments("delivered") == [second])
        let options = ["--env-file", daemon.envFile]
        let dry = try await daemon.run(["replay", "--payment", "\(first)", "--dry-run"] + options)
        #expect(dry.exit == .code(0) && dry.output == "1 deliveries would be made\n", "\(dry.errors)")
        #expect(new.deliveries.count == 1)
        let asked = try await daemon.run(["replay", "--payment", "\(first)"] + options)
        #expect(asked.exit == .code(64) && asked.errors.contains("add --yes"), "\(asked.errors)")
        let done = try await daemon.run(["replay", "--payment", "\(first)", "--yes"] + options)
        #expect(done.exit == .code(0), "\(done.errors)")
        try await delivered(daemon, 2)
        // The same id as at the first attempt.
        #expect(new.deliveries.last?.id == old.deliveries.first?.id)
        let none = try await daemon.run(["replay", "--payment", "4711", "--yes"] + options)
        #expect(none.exit == .code(66))
        let all = try await daemon.run(["replay", "--since", "1h", "--dry-run"] + options)
        #expect(all.output == "2 deliveries would be made\n", "\(all.errors)")
        let told = try await daemon.run(["replay", "--since", since, "--dry-run"] + options)
        #expect(told.output == "2 deliveries would be made\n", "\(since): \(told.errors)")
        #expect(try daemon.status()["well"] == .bool(true))
        try daemon.set("ECRYPTOPAY_FORWARD_URLS", nil)
        daemon.process?.signal(SIGHUP)
        try await eventually("no endpoint is left") { try daemon.status()["endpoints"]?.array?.isEmpty == true }
        let without = try statusText(daemon)
        #expect(without.contains("2, 1 undeliverable; no endpoint is configured"), "\(without)")
        try await daemon.end()
        await old.stop()
        await new.stop()
    }

    @Test(arguments: TestedLedger.allCases)
    func `a program gets each delivery on its standard input`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await setUp(ledger, [])
        let out = daemon.directory.path(of: "out")
        let program = try daemon.directory.write(
            "#!/bin/sh\ntest -e \(out) || { touch \(out); echo not yet; exit 9; }\necho \"$WEBHOOK_ID\" >> \(out); cat >> \(out)\n",
            to: "deliver", mode: 0o700)
        try daemon.set("ECRYPTOPAY_FORWARD_EXEC", program)
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "configuration reloaded")
        let id = try pay(sandbox, daemon)
        try await daemon.process?.waitForOutput(containing: "it exited with 9: not yet")
        try await delivered(daemon, 1)
        let lines = try daemon.directory.readText("out").split(separator: "\n")
        #expect(lines.first?.hasPrefix("msg_") == true)
        let body = try JSONValue(parsing: Array(try #require(lines.last).utf8))
        #expect(body["data"]?["id"]?.integer == id)
        #expect(try daemon.records("delivered").first?["endpoint"]?.string == "exec:\(program)")
        try await daemon.end()
    }

    /// Run by a user without rights, as under systemd: root may look everywhere.
    @Test func `a delivery's program reads neither the daemon's memory nor its environment, and no core is written`()
        async throws
    {
        let (sandbox, daemon) = try await setUp(.files, [], ["ECRYPTOPAY_RECONCILE_INTERVAL": "0"])
        let out = daemon.directory.path(of: "out")
        let program = try daemon.directory.write(
            """
            #!/bin/sh
            exec > \(out) 2>&1
            for file in mem environ maps fd/0 auxv; do head -c 1 /proc/$PPID/$file; done
            grep 'core file' /proc/$PPID/limits
            """, to: "deliver", mode: 0o755)
        try daemon.set("ECRYPTOPAY_FORWARD_EXEC", program)
        try await daemon.end()
        let owned = try await ChildProcess.run("/bin/chown", ["-R", "nobody:nogroup", daemon.directory.path])
        #expect(owned.exit == .code(0), "\(owned.errors)")
        let user = ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        try await daemon.start(through: user)
        let id = try pay(sandbox, daemon)
        try await delivered(daemon, 1)
        #expect(try daemon.payments("delivered") == [id])
        let lines = try daemon.directory.readText("out").split(separator: "\n")
        #expect(
            lines.dropLast().count == 5 && lines.dropLast().allSatisfy { $0.hasSuffix("Permission denied") }, "\(lines)"
        )
        #expect(lines.last?.split(separator: " ").prefix(6).suffix(2) == ["0", "0"], "\(lines)")
        #expect(try await daemon.end() == .code(0))
    }

    @Test func `what the daemon's parent ignored or blocked reaches neither the daemon nor a delivery's program`()
        async throws
    {
        let (sandbox, daemon) = try await setUp(.files, [], ["ECRYPTOPAY_RECONCILE_INTERVAL": "0"])
        let out = daemon.directory.path(of: "out")
        let program = try daemon.directory.write(
            "#!/bin/sh\ngrep -E 'Sig(Blk|Ign)' /proc/self/status >> \(out)\n", to: "deliver", mode: 0o700)
        try daemon.set("ECRYPTOPAY_FORWARD_EXEC", program)
        try await daemon.end()
        let parent = """
            import os, signal, sys
            for number in signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP, signal.SIGTERM:
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            os.execv(sys.argv[1], sys.argv[1:])
            """
        try await daemon.start(through: ["/usr/bin/python3", "-c", parent])
        let id = try pay(sandbox, daemon)
        try await delivered(daemon, 1)
        #expect(try daemon.payments("delivered") == [id])
        // Signals up to 31: the two behind them are glibc's own, which no program can set.
        let masks = try daemon.directory.readText("out").split(separator: "\n").map {
            UInt64($0.split(separator: "\t").last ?? "", radix: 16).map { $0 & 0x7FFF_FFFF }
        }
        #expect(masks == [0, 0], "it ran once, and inherited nothing")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "configuration reloaded")
        #expect(try await daemon.end() == .code(0))
    }
}
