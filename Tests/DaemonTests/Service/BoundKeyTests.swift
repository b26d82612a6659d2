import POSIX
import TestSupport
import Testing

/// The bounds that an operator may set, as the real binary keeps them.
@Suite(.ownThread) struct BoundKeyTests {
    private let daemon: DaemonUnderTest

    init() throws { daemon = try DaemonUnderTest() }

    private func start(_ key: String, _ value: String) async throws {
        try daemon.set(key, value)
        try await daemon.start()
    }

    /// A report as long as that.
    private func report(bytes: Int) -> String {
        let report = DaemonUnderTest.report(1)
        return report + String(repeating: " ", count: bytes - report.utf8.count)
    }

    @Test(arguments: [200, 16_384, 262_144]) func `MAX_BODY_BYTES bounds the body`(bytes: Int) async throws {
        try await start("ECRYPTOPAY_MAX_BODY_BYTES", "\(bytes)")
        #expect(try daemon.post(report(bytes: bytes)).status == 200)
        #expect(try daemon.post(report(bytes: bytes + 1)).status == 413)
        try await daemon.end()
    }

    @Test func `MAX_CONNECTIONS bounds the connections, and who comes later waits`() async throws {
        try await start("ECRYPTOPAY_MAX_CONNECTIONS", "2")
        let clients = try (0..<3).map { _ in try ClientSocket(daemon.address) }
        for client in clients { try client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n") }
        for client in clients[..<2] { #expect(try client.receive().status == 200) }
        // One that is in is served again, and the third still is not.
        try clients[0].send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try clients[0].receive().status == 200)
        #expect(!clients[2].hasInput(within: 0))
        clients[1].close()
        #expect(try clients[2].receive().status == 200)
        try await daemon.end()
    }

    @Test(arguments: ["", DaemonUnderTest.request(DaemonUnderTest.report(1))])
    func `REQUEST_TIMEOUT bounds the time for a whole request`(first: String) async throws {
        // Long enough for the first bytes to come in time, however busy the machine.
        try daemon.set("ECRYPTOPAY_IDLE_TIMEOUT", "8s")
        try await start("ECRYPTOPAY_REQUEST_TIMEOUT", "1s")
        let idle = try ClientSocket(daemon.address)
        try idle.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try idle.receive().status == 200)
        let client = try ClientSocket(daemon.address)
        try client.send(first + "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{")
        if !first.isEmpty { #expect(try client.receive().status == 200) }
        #expect(try client.receive().status == 408)
        #expect(try client.receiveRest() == "")
        client.close()
        #expect(!idle.hasInput(within: 0), "it is not the default of 10 s that has passed")
        let silent = try ClientSocket(daemon.address)
        #expect(try silent.receiveRest() == "")
        try await daemon.end()
    }

    @Test func `IDLE_TIMEOUT bounds the time between requests`() async throws {
        try await start("ECRYPTOPAY_IDLE_TIMEOUT", "200ms")
        let client = try ClientSocket(daemon.address)
        try client.send(DaemonUnderTest.request(DaemonUnderTest.report(1)))
        #expect(try client.receive().field("connection") == nil)
        #expect(try client.receiveRest() == "")
        try await daemon.end()
    }
}
