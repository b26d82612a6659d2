import HTTP1
import JSON
import Ledger
import Testing

@testable import Admin

/// What is told of the room that a ledger has, and where nobody can tell.
struct LedgerRoomTests {
    /// A daemon that is well but for its room.
    private func status(_ room: LedgerRoom?, isFull: Bool = false) -> DaemonStatus {
        var counts = LedgerCounts()
        counts.isFull = isFull
        return .test(counts: counts, room: room)
    }

    private func page(_ status: DaemonStatus) -> String {
        String(decoding: StatusPage(status, ActivityPicture()).response(nonce: "n").body, as: UTF8.self)
    }

    private func metrics(_ status: DaemonStatus) -> String {
        String(decoding: MetricsAnswer.text(status), as: UTF8.self)
    }

    private func journal(_ status: DaemonStatus) throws -> JSONValue? {
        try JSONValue(parsing: StatusAnswer.response(status).body)["journal"]
    }

    @Test func `a disk's room is told, and when it runs low`() throws {
        let status = status(LedgerRoom(freeBytes: 199, minimumFreeBytes: 100))
        #expect(status.problems.contains { $0.hasPrefix("the disk has ") }, "\(status.problems)")
        #expect(try journal(status)?["free_bytes"]?.integer == 199)
        #expect(metrics(status).contains("\necryptopayd_disk_free_bytes 199\n"))
        #expect(metrics(status).contains("\necryptopayd_disk_free_minimum_bytes 100\n"))
        #expect(page(status).contains("disk free"))
    }

    @Test func `when reports of payments never confirmed get 503, status says so with what to do`() throws {
        let status = status(nil, isFull: true)
        #expect(
            status.problems.count == 1 && status.problems[0].contains("ECRYPTOPAY_MAX_PENDING"), "\(status.problems)")
    }

    @Test func `where the room is not known, neither status, page nor metrics have it`() throws {
        let status = status(nil)
        #expect(status.problems == [])
        #expect(try journal(status)?["free_bytes"] == .null)
        #expect(!metrics(status).contains("disk_free"))
        #expect(!page(status).contains("disk free"))
    }
}
