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
        try client.send("\(method) \(path) HTTP/1.1\r\nHost: admin\r\n\(rest)")
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
