import HTTPServer
import POSIX
import TestSupport
import Testing

/// Each trick on a connection of its own, with nothing in front of the server.
@Suite(.serialized) struct DirectSmugglingTests {
    private func run(_ tricks: () -> [SmugglingTrick]) async throws {
        let watch = RequestWatch()
        try await withServer(handler: watch) { _, address in
            for trick in tricks() where trick.verdict != .plain {
                let client = try ClientSocket(address)
                try client.send(trick.bytes)
                // What is cut short by that is refused, so that every connection comes to its end.
                try client.finishSending()
                let output = try client.receiveRest()
                let statuses = output.split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }.filter {
                    $0 >= 200
                }
                let seen = watch.take()
                let paths = seen.map(\.path)
                switch trick.verdict {
                case .refused:
                    #expect(
                        paths == [] && statuses.count == 1 && statuses[0] >= 400, "\(trick.name): \(paths) \(statuses)")
                case .refusedBehindFirst:
                    #expect(paths == ["/a"] && statuses == [200, 400], "\(trick.name): \(paths) \(statuses)")
                case .swallowed:
                    #expect(paths == ["/a"] && statuses == [200], "\(trick.name): \(paths) \(statuses)")
                case .plain: break
                }
            }
        }
    }

    @Test func `no disguise of Transfer-Encoding lets a second request out`() async throws {
        try await run { SmugglingTrick.transferEncodings }
    }

    @Test func `no disguise of Content-Length lets a second request out`() async throws {
        try await run { SmugglingTrick.contentLengths }
    }

    @Test func `no ambiguity of chunks lets a second request out`() async throws {
        try await run { SmugglingTrick.chunks }
    }

    @Test func `no other trick lets a second request out`() async throws {
        try await run { SmugglingTrick.others }
    }
}
