import CivilTime
import Configuration
import JournalFormat
import Ledger
import Payments
import POSIX

/// A selection, understood.
struct RecordFilter {
    /// The payment that the records are to be about; nil for all.
    let payment: Int64?
    /// Their kinds; empty for all.
    let kinds: Set<String>
    /// Behind this number, which may be 0, and has one behind it.
    let after: Int64
    /// Written since then, in nanoseconds since 1970.
    let since: Int64

    /// Lets every record through.
    static let all = RecordFilter()

    private init() {
        (payment, kinds, after, since) = (nil, [], 0, .min)
    }

    /// What a person has selected of a journal.
    init(_ selection: RecordSelection, of source: any JournalSource) throws {
        try self.init(
            payment: selection.payment, kinds: selection.kind, after: selection.after,
            since: try selection.since.map { try Self.time($0, of: "--since", now: source.now) } ?? .min)
    }

    init(payment: Int64?, kinds: [String], after: Int64, since: Int64) throws {
        for kind in kinds where !Record.kinds.contains(kind) {
            throw CommandFailure(
                .usage,
                "--kind \(kind): there is no such kind of record; the kinds are \(Record.kinds.joined(separator: ", "))"
            )
        }
        self.payment = payment
        self.kinds = Set(kinds)
        self.after = min(max(0, after), .max - 1)
        self.since = since
    }

    func matches(_ entry: Entry) -> Bool {
        entry.seq > after && entry.time >= since && (payment == nil || entry.record.payment == payment)
            && (kinds.isEmpty || kinds.contains(entry.record.kind))
    }

    /// A time, or a duration before now; `option` is what it was given for.
    static func time(
        _ text: String, of option: String, now: @autoclosure () throws -> Int64 = Clock.realtime()
    ) throws -> Int64 {
        if let time = Timestamp(text) { return time.nanoseconds }
        if let duration = Duration(configurationText: text) {
            // No record is older than 1970.
            let now = try now()
            return duration < .nanoseconds(now) ? now - duration.nanoseconds : 0
        }
        throw CommandFailure(
            .usage,
            "\(option) \"\(text)\" is neither a time such as 2026-11-22T18:00:00Z nor a duration such as 24h or 90d")
    }
}
