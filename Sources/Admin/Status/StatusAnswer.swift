import Confirming
import HTTP1
import JSON
import JournalFormat
import Ledger
import Runtime

/// `GET /status`: how the daemon stands, as JSON. Times are RFC 3339 in UTC, durations seconds.
enum StatusAnswer {
    static func response(_ status: DaemonStatus) -> Response {
        .json(status: 200, object(status).serialized() + [UInt8(ascii: "\n")])
    }

    private static func object(_ status: DaemonStatus) -> JSONValue {
        let counts = status.overview.counts
        let problems = status.problems
        // What only the node that decides knows is null on the others.
        let count = { (value: Int) in status.decides ? JSONValue.integer(value) : .null }
        return .dictionary([
            "version": .string(status.version), "uptime_seconds": seconds(status.now - status.startedAt),
            "ready": .bool(status.unreadiness.isEmpty), "well": .bool(problems.isEmpty),
            "problems": .array(problems.map { .string($0) }), "cluster": cluster(status), "journal": journal(status),
            "received": count(counts.received), "confirmed": count(counts.confirmed),
            "pending": count(counts.pending), "yielded": count(counts.yielded),
            "oldest_pending_seconds": status.decides ? seconds(status.oldestWait) : .null,
            "abandoned": count(counts.abandoned), "set_aside": count(status.overview.setAside),
            "refuted": count(counts.refuted), "delivered": count(counts.delivered),
            "undeliverable": count(counts.undeliverable),
            "undelivered": count(status.overview.undelivered?.count ?? 0),
            "endpoints": .array(status.overview.endpoints.map { endpoint($0) }),
            "unannounced": count(counts.unannounced),
            "unannounced_in_a_row": count(counts.unannouncedInARow),
            "last_webhook_at": time(status.lastWebhookAt), "last_confirmed_at": time(status.lastConfirmedAt),
            "last_reconcile_at": time(status.lastReconciledAt),
            "api": .dictionary([
                "reachable": status.api.isReachable.map { .bool($0) } ?? .null,
                "last_error": status.api.lastError.map { .string($0) } ?? .null,
                "calls_per_second": status.callsPerSecond.map { .number(MetricsText.decimal($0)) } ?? .null,
            ]),
            "waiting": .array(status.overview.waiting.map { waiting($0, status) }),
        ])
    }

    private static func cluster(_ status: DaemonStatus) -> JSONValue {
        guard let cluster = status.cluster else { return .null }
        return .dictionary([
            "deciding": cluster.deciding.map { .string($0) } ?? .null, "here": .bool(cluster.isHere),
            "deciding_seconds": cluster.since.map { seconds(status.now - $0) } ?? .null,
            "nodes": .array(cluster.nodes.map { .string($0) }),
            "oldest_accepted_at": time(cluster.oldestReportAt),
        ])
    }

    private static func journal(_ status: DaemonStatus) -> JSONValue {
        let count = { (value: Int64) in status.decides ? JSONValue.integer(value) : .null }
        return .dictionary([
            "seq": .integer(status.journal.seq), "segments": count(Int64(status.overview.segments)),
            "bytes": count(status.overview.bytes),
            "free_bytes": status.journal.room.map { .integer($0.freeBytes) } ?? .null,
            "failed": .bool(status.journal.failure != nil),
            "restored": status.journal.restore.map { restore in
                .dictionary([
                    "at": time(restore.time), "after": .integer(restore.after), "point": time(restore.point),
                ])
            } ?? .null,
            "last_backup_at": time(status.overview.lastBackup?.time),
            "scrub": status.journal.scrub.map(scrub) ?? .null,
        ])
    }

    private static func scrub(_ scrub: ScrubStatus) -> JSONValue {
        .dictionary([
            "round_seconds": seconds(scrub.round.nanoseconds), "read_bytes": .integer(scrub.readBytes),
            "began_at": time(scrub.beganAt), "last_complete_at": time(scrub.completedAt),
        ])
    }

    private static func endpoint(_ endpoint: EndpointStatus) -> JSONValue {
        .dictionary([
            "endpoint": .string(endpoint.name), "waiting": .integer(endpoint.waiting),
            "stopped": .bool(endpoint.isStopped), "failing_since": time(endpoint.failing?.since),
            "last_error": endpoint.failing.map { .string($0.error) } ?? .null,
        ])
    }

    private static func waiting(_ waiting: LedgerOverview.Waiting, _ status: DaemonStatus) -> JSONValue {
        .dictionary([
            "payment": .integer(waiting.payment.id), "since": time(waiting.since),
            "reports": .integer(waiting.payment.reports), "attempts": .integer(waiting.payment.attempts),
            "reason": .string(status.reason(waiting)),
        ])
    }

    private static func seconds(_ nanoseconds: Int64) -> JSONValue { .integer(max(0, nanoseconds) / 1_000_000_000) }

    private static func time(_ nanoseconds: Int64?) -> JSONValue {
        nanoseconds.map { .string(HumanText.time($0)) } ?? .null
    }
}
