/// What a record tells, by kind. JSON that came from outside is kept as its bytes, without insignificant white space.
package enum Record: Hashable, Sendable {
    /// First in every segment, at every start of the program, and whenever the endpoints change.
    case opened(Opened)
    /// Last before a clean stop.
    case closed
    /// The baseline of so many payments is complete.
    case baseline(count: Int)
    /// What was known of a payment whose records are about to be pruned.
    case known(payment: Int64, current: [UInt8])
    /// A webhook's report, durable before it was acknowledged.
    case received(Received)
    /// The API's answer: the truth.
    case confirmed(Confirmed)
    /// The API contradicts the report with the sequence number `of`.
    case refuted(payment: Int64, of: Int64, reason: String)
    /// Reports that were unknown for too long.
    case abandoned(Abandoned)
    /// A confirmation that reached the merchant's application.
    case delivered(Delivery)
    /// A delivery that was given up until it is replayed.
    case undeliverable(Delivery)
    /// A kind that this version does not know, of which it says itself that it may be passed over. Never written: what else it
    /// says is not kept.
    case passedOver(kind: String, payment: Int64?)

    /// The head of a segment or of a run of the program.
    package struct Opened: Hashable, Sendable {
        /// The format of the journal; ``RecordCodec/format``.
        package var format: Int
        /// The oldest format whose reader may go on; ``RecordCodec/reads``.
        package var reads: Int
        /// A random id, made with the first segment.
        package var journal: String
        /// The program's version.
        package var version: String
        /// The API's host and port.
        package var api: String
        /// The account's client id.
        package var client: String
        /// Where confirmed news go from here on, without secrets; nil where they never went anywhere.
        package var endpoints: [String]?
        /// The CRC-32C of the whole segment before the one in which it stands; that of nothing for the first. Nil where segments are not
        /// chained: in a database, and in files that were written before they were.
        package var chain: UInt32?
        /// From which record on the ids of deliveries carry the record's checksum; nil where a version wrote it whose ids never do.
        package var checksumIDs: Int64?
        /// The last restore; nil where this is the journal that it always was.
        package var restore: Restore?

        /// Without `reads`, as it was written before there was such a member, a reader of that format is needed.
        package init(
            format: Int, reads: Int? = nil, journal: String, version: String, api: String, client: String,
            endpoints: [String]? = nil, chain: UInt32? = nil, checksumIDs: Int64? = nil, restore: Restore? = nil
        ) {
            self.format = format
            self.reads = reads ?? format
            self.journal = journal
            self.version = version
            self.api = api
            self.client = client
            self.endpoints = endpoints
            self.chain = chain
            self.checksumIDs = checksumIDs
            self.restore = restore
        }
    }

    /// The journal was restored from a copy, or set back to an earlier point. Times are in nanoseconds since 1970.
    package struct Restore: Hashable, Sendable {
        /// The last record that the copy had.
        package var after: Int64
        /// When that was written.
        package var point: Int64
        /// When the daemon went on with the copy.
        package var time: Int64

        package init(after: Int64, point: Int64, time: Int64) {
            self.after = after
            self.point = point
            self.time = time
        }

        /// The number to go on with: as many times 2^10 as milliseconds have passed since 2026, which is 2^32 and more behind what the journal
        /// had before.
        ///
        /// Nobody writes as many records in a millisecond. So whatever an earlier run gave out, on this copy, on another one or on what was
        /// restored from either, is lower; and for 250 years the number is an integer to JavaScript. By a clock that is wrong it is 2^32
        /// behind the last record.
        package var nextSeq: Int64 {
            let milliseconds = min(max(0, time - Self.epoch) / 1_000_000, 1 << 43)
            let byTime = milliseconds << 10
            return byTime > after ? byTime : after + (1 << 32) + 1
        }
        /// 2026-01-01T00:00:00Z.
        private static let epoch: Int64 = 1_767_225_600_000_000_000
    }

    /// A report.
    package struct Received: Hashable, Sendable {
        /// The payment that it speaks of.
        package var payment: Int64
        /// Who sent it: address and port, or `unix`.
        package var peer: String
        /// What it said.
        package var report: [UInt8]
        /// What was odd about it.
        package var deviations: [String]

        package init(payment: Int64, peer: String, report: [UInt8], deviations: [String]) {
            self.payment = payment
            self.peer = peer
            self.report = report
            self.deviations = deviations
        }
    }

    /// A confirmation.
    package struct Confirmed: Hashable, Sendable {
        /// The payment.
        package var payment: Int64
        /// The API's payment.
        package var current: [UInt8]
        /// Whether it tells anything new.
        package var news: Bool
        /// The reports that it settles.
        package var of: [Int64]
        /// What caused the call.
        package var cause: Cause

        package init(payment: Int64, current: [UInt8], news: Bool, of: [Int64], cause: Cause) {
            self.payment = payment
            self.current = current
            self.news = news
            self.of = of
            self.cause = cause
        }
    }

    /// What caused a confirmation.
    package enum Cause: String, Sendable {
        case webhook, reconcile, baseline, manual
    }

    /// Reports set aside.
    package struct Abandoned: Hashable, Sendable {
        /// The payment.
        package var payment: Int64
        /// The reports.
        package var of: [Int64]
        /// Calls made for them.
        package var attempts: Int
        /// What stood in the way last.
        package var error: String

        package init(payment: Int64, of: [Int64], attempts: Int, error: String) {
            self.payment = payment
            self.of = of
            self.attempts = attempts
            self.error = error
        }
    }

    /// One delivery's end.
    package struct Delivery: Hashable, Sendable {
        /// The payment.
        package var payment: Int64
        /// The `confirmed` record that was delivered.
        package var of: Int64
        /// Where to, without its secrets.
        package var endpoint: String
        /// How often it was tried.
        package var attempts: Int
        /// The last HTTP status, if there was one.
        package var status: Int?
        /// The last error, if there was one.
        package var error: String?
        static let unreadable = "unreadable"
        /// Whether nothing can tell any more what the `confirmed` record said: then the payment is asked for anew.
        package var isUnreadable: Bool

        package init(
            payment: Int64, of: Int64, endpoint: String, attempts: Int, status: Int?, error: String?,
            isUnreadable: Bool = false
        ) {
            self.isUnreadable = isUnreadable
            self.payment = payment
            self.of = of
            self.endpoint = endpoint
            self.attempts = attempts
            self.status = status
            self.error = error
        }
    }

    /// Every kind that this version knows, as the journal spells them.
    package static let kinds = [
        "opened", "closed", "baseline", "known", "received", "confirmed", "refuted", "abandoned", "delivered",
        "undeliverable",
    ]

    /// The kind, as the journal spells it.
    package var kind: String {
        switch self {
        case .opened: "opened"
        case .closed: "closed"
        case .baseline: "baseline"
        case .known: "known"
        case .received: "received"
        case .confirmed: "confirmed"
        case .refuted: "refuted"
        case .abandoned: "abandoned"
        case .delivered: "delivered"
        case .undeliverable: "undeliverable"
        case .passedOver(let kind, _): kind
        }
    }

    /// The payment it is about, if it is about one.
    package var payment: Int64? {
        switch self {
        case .opened, .closed, .baseline: nil
        case .known(let payment, _), .refuted(let payment, _, _): payment
        case .received(let received): received.payment
        case .confirmed(let confirmed): confirmed.payment
        case .abandoned(let abandoned): abandoned.payment
        case .delivered(let delivery), .undeliverable(let delivery): delivery.payment
        case .passedOver(_, let payment): payment
        }
    }
}
