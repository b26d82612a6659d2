import Confirming
import JournalFormat
import Ledger
import Receiver

@testable import Admin

extension DaemonStatus {
    /// A daemon that is well, an hour after its start, but for what is given. Whatever has a last time had it at `lastAt`.
    static func test(
        counts: LedgerCounts = LedgerCounts(), endpoints: [EndpointStatus] = [],
        undelivered: UndeliveredRecords? = nil, undeliveredSince: Int64? = nil,
        room: LedgerRoom? = LedgerRoom(freeBytes: 1, minimumFreeBytes: 0), calls: [MeasuredAPI.Figures] = [],
        lastAt: Int64? = nil, damage: [Damage] = []
    ) -> DaemonStatus {
        DaemonStatus(
            version: "test", startedAt: 0, now: 3_600_000_000_000, unreadiness: [],
            journal: .init(
                seq: 1, room: room, failure: nil, writeFailures: room.map { _ in ["ENOSPC": 0] },
                scrub: room.map { _ in .test(lastAt) }),
            overview: LedgerOverview(
                counts: counts, setAside: 0, waiting: [], endpoints: endpoints, undelivered: undelivered,
                undeliveredSince: undeliveredSince, segments: 1, bytes: 1, lastReceivedAt: lastAt,
                lastConfirmedAt: lastAt,
                lastBackup: room == nil ? nil : lastAt.map { LastBackup(seq: 9, time: $0, directory: "/mnt") }),
            webhooks: ReceptionCounter(), verdicts: VerdictCounter(), api: APIHealth.Status(isReachable: true),
            calls: calls, lastReconciledAt: lastAt, openConnections: 0,
            damage: damage)
    }
}

extension ScrubStatus {
    /// One that has read 5 bytes.
    static func test(_ lastAt: Int64?) -> ScrubStatus {
        var scrub = ScrubStatus()
        (scrub.round, scrub.readBytes, scrub.beganAt, scrub.completedAt) = (.seconds(60), 5, lastAt, lastAt)
        return scrub
    }
}
