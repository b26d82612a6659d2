import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// What connections see of a daemon that stops. The socket that systemd holds is in `ServiceTests`.
@Suite(.ownThread) struct StopTests {
    @Test func `idle connections close at once, and a request under way gets its answer`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let silent = try ClientSocket(daemon.address)
        let idle = try ClientSocket(daemon.address)
        let underWay = try ClientSocket(daemon.address)
        let request = DaemonUnderTest.request(DaemonUnderTest.report(2))
        try underWay.send(String(request.prefix(1)))
        try idle.send(DaemonUnderTest.request(DaemonUnderTest.report(1)))
        #expect(try idle.receive().status == 200)
        daemon.process?.signal(SIGTERM)
        #expect(try idle.receiveRest() == "")
        #expect(try silent.receiveRest() == "")
        try underWay.send(String(request.dropFirst(1)) + request)
        let answer = try underWay.receive()
        #expect(answer.status == 200)
        #expect(answer.field("connection") == "close")
        #expect(try underWay.receiveRest() == "")
        underWay.close()
        #expect(try await daemon.process?.waitForExit() == .code(0))
        #expect(try daemon.payments("received") == [1, 2])
    }

    @Test func `a request that is not whole within the ten seconds of grace is cut off, and the daemon ends with 0`()
        async throws
    {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let held = try ClientSocket(daemon.address)
        try held.send("POST / HTTP/1.1\r\n")
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        daemon.process?.signal(SIGTERM)
        try await daemon.process?.waitForOutput(containing: "stopping")
        // Within the ten seconds of grace the connection is still there.
        try held.send("Host: h\r\n")
        try held.waitForClose()
        #expect(try await daemon.process?.waitForExit() == .code(0))
        #expect(try daemon.journal().last?["kind"]?.string == "closed")
    }
}
