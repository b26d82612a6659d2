import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// The admin side of the real binary, and the command that asks there.
struct AdminTests {
    private func pair(_ ledger: TestedLedger) async throws -> (SandboxProcess, DaemonUnderTest) {
        let sandbox = try await SandboxProcess.start()
        return (sandbox, try await ledger.daemon(asking: sandbox))
    }

    private func request(_ daemon: DaemonUnderTest, _ method: String, _ path: String, _ rest: String = "\r\n") throws
        -> ClientAnswer
    {
        let client = try ClientSocket(.unix(path: daemon.directory.path(of: "admin")))
        try client.send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(rest)")
        return try client.receive()
    }

    @Test func `the admin side has its own socket, and the public side does not know its paths`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        #expect(try request(daemon, "GET", "/healthz").status == 200)
        #expect(try request(daemon, "GET", "/readyz").status == 200)
        #expect(try request(daemon, "POST", "/readyz").status == 405)
        #expect(try request(daemon, "GET", DaemonUnderTest.path).status == 404)
        let client = try ClientSocket(daemon.address)
        try client.send("POST /reconcile HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receive().status == 404)
        try await daemon.end()
    }

    /// A page in the operator's browser whose name leads to the end of "ssh -L 8724:/run/…/admin.sock".
    @Test func `a web page that had its name resolve to the operator's tunnel reads and orders nothing`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        for path in ["/events?after=0", "/", "/status"] {
            let answer = try daemon.ask(path, host: "evil.example:8724")
            #expect(answer.status == 403 && answer.field("content-type") == "application/problem+json", "\(answer)")
        }
        for host in ["localhost", "127.0.0.1:8724", "localhost:8724"] {
            let curl = try await ChildProcess.run(
                "/usr/bin/curl",
                [
                    "-sS", "-H", "Host: \(host)", "--unix-socket", daemon.directory.path(of: "admin"),
                    "http://localhost/healthz",
                ])
            #expect(curl.output == #"{"status":"ok"}"#)
        }
        try await daemon.end()
    }

    @Test func `over TCP the commands go by ECRYPTOPAY_ADMIN_TOKEN, which a reload replaces`() async throws {
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_ADMIN_LISTEN", "\(socket.address)")
        try daemon.set("ECRYPTOPAY_ADMIN_TOKEN", "hush-0123456789-first")
        try await daemon.startWithAdmin(socket)
        func status() async throws -> (exit: ChildProcess.Exit?, errors: String) {
            let result = try await daemon.run(["status", "--env-file", daemon.envFile])
            return (result.exit, result.errors)
        }
        // The API is not reached, which it tells with 1.
        try await daemon.process?.waitForOutput(containing: "API call failed")
        #expect(try await status().exit == .code(1))
        try daemon.set("ECRYPTOPAY_ADMIN_TOKEN", "hush-0123456789-second")
        let (exit, errors) = try await status()
        #expect(exit == .code(77) && errors.contains("set ECRYPTOPAY_ADMIN_TOKEN"), "\(errors)")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "configuration reloaded")
        #expect(try await status().exit == .code(1))
        let check = try await daemon.run(["check", "--env-file", daemon.envFile])
        #expect(!check.errors.contains("every user of this machine"), "\(check.errors)")
        try daemon.set("ECRYPTOPAY_ADMIN_TOKEN", nil)
        #expect(try await status().exit == .code(77))
        let warned = try await daemon.run(["check", "--env-file", daemon.envFile])
        #expect(
            warned.errors.contains("every user of this machine may read the payments at \(socket.address)"),
            "\(warned.errors)")
        try await daemon.end()
        #expect(!(daemon.process?.errors.contains("hush") ?? true))
        // And the daemon itself warns of the socket that systemd passed.
        try await daemon.start()
        #expect(daemon.process?.errors.contains("systemd's admin socket: every user of this machine") == true)
        try await daemon.end()
    }

    @Test(arguments: ["RUNTIME_DIRECTORY", "STATE_DIRECTORY"])
    func `without an address the admin side is a Unix socket in the service's directory`(variable: String) async throws
    {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_ADMIN_LISTEN", nil)
        let environment = [variable: try daemon.directory.makeDirectory("own")]
        try await daemon.start(environment: environment)
        try await daemon.process?.waitForOutput(containing: "API call failed")
        let result = try await daemon.run(["status", "--env-file", daemon.envFile], environment: environment)
        #expect(result.exit == .code(1), "\(result.errors)")
        #expect(try daemon.directory.names(in: "own").contains("admin.sock"))
        // A command run by hand knows of no such directory, and says how to name the socket.
        let byHand = try await daemon.run(["status", "--env-file", daemon.envFile])
        #expect(
            byHand.exit == .code(69) && byHand.errors.contains("ECRYPTOPAY_ADMIN_LISTEN is not set"), "\(byHand.errors)"
        )
        try await daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `reconcile finds a payment that no webhook told of`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        try await daemon.startWithBaseline()
        let id = try sandbox.create()
        try await eventually("it is taken") {
            let result = try await daemon.run(["reconcile", "--env-file", daemon.envFile])
            #expect(result.exit == .code(0) || result.exit == .code(75), "\(result.errors)")
            return result.exit == .code(0)
        }
        try await eventually("it is found") { try daemon.records("confirmed", payment: id).count == 1 }
        #expect(try daemon.records("confirmed").first?["cause"]?.string == "reconcile")
        try await daemon.end()
    }

    @Test(arguments: TestedLedger.allCases)
    func `reconcile fetches one payment, with the cause manual`(on ledger: TestedLedger) async throws {
        let (sandbox, daemon) = try await pair(ledger)
        try daemon.set("ECRYPTOPAY_RECONCILE_INTERVAL", "0")
        try await daemon.startWithBaseline()
        let (id, other) = (try sandbox.create(), try sandbox.create())
        let result = try await daemon.run(["reconcile", "--payment", "\(id)", "--env-file", daemon.envFile])
        #expect(result.exit == .code(0), "\(result.errors)")
        #expect(result.output == "payment \(id) is being fetched\n")
        try await eventually("it is confirmed") { try daemon.records("confirmed", payment: id).count == 1 }
        #expect(try daemon.records("confirmed").first?["cause"]?.string == "manual")
        #expect(try daemon.records("confirmed", payment: other).isEmpty)
        try await daemon.end()
    }
}
