import TestSupport
import Testing

/// That the bounds which an operator sets are kept by the real binary, shown by one of them. What each does is shown in
/// `HTTPServerTests`, and that the server is told of each in `ecryptopaydTests`.
@Suite(.ownThread) struct BoundKeyTests {
    @Test(arguments: [200, 16_384, 262_144]) func `a body of MAX_BODY_BYTES is taken, and one byte more gets 413`(
        bytes: Int
    ) async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_MAX_BODY_BYTES", "\(bytes)")
        try await daemon.start()
        let report = DaemonUnderTest.report(1)
        let body = report + String(repeating: " ", count: bytes - report.utf8.count)
        #expect(try daemon.post(body).status == 200)
        #expect(try daemon.post(body + " ").status == 413)
        try await daemon.end()
    }
}
