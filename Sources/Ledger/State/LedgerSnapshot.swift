import JournalFormat
import Payments

/// The ledger's state in 64-bit words, for a checkpoint: what is known, and what waits. Schedules are not part of it, since
/// after a restart all that waits is due at once.
///
///     snapshot  = counts known long waiting abandoned endpoints
///     counts    = received confirmed refuted abandoned newest-report answered-at
///                 unannounced unannounced-in-a-row opened-at has-baseline delivered undeliverable
///     known     = n n*( id seq content )
///     long      = n n*( id bytes )                            of known payments whose fields are too long for four words
///     waiting   = n n*( id seq offset content )               in the order in which each payment's reports came
///     abandoned = n n*( id seq offset content )
///     endpoints = n n*( is-configured since bytes n n*( id seq offset ) )
///     content   = fields fields fields fields updated-at
///     bytes     = length bytes, padded with zeros to whole words
package struct LedgerSnapshot: Hashable, Sendable {
    /// The words, in that order.
    package let words: [UInt64]

    /// Takes words that were read back; they are checked when a state is made of them.
    package init(words: [UInt64]) {
        self.words = words
    }
}

extension LedgerState {
    /// The state as it is now.
    package var snapshot: LedgerSnapshot {
        var words: [UInt64] = []
        words.reserveCapacity(16 + known.count * 7 + pending.count * 8)
        for count in [totals.received, totals.confirmed, totals.refuted, totals.abandoned] {
            words.append(UInt64(count))
        }
        words.append(UInt64(newestReport))
        words.append(UInt64(answeredAt))
        words.append(UInt64(totals.unannounced))
        words.append(UInt64(totals.unannouncedInARow))
        words.append(UInt64(max(0, openedAt ?? 0)))
        words.append(hasBaseline ? 1 : 0)
        words.append(UInt64(totals.delivered))
        words.append(UInt64(totals.undeliverable))
        words.append(UInt64(known.count))
        known.forEachSlot { slot in
            let entry = known[slot]
            words.append(UInt64(entry.id))
            words.append(UInt64(entry.seq))
            words.append(ReportContent(fields: entry.fields, updatedAt: entry.updatedAt))
        }
        words.append(UInt64(longFields.count))
        for (id, bytes) in longFields {
            words.append(UInt64(id))
            words.append(bytes: bytes)
        }
        let place = words.count
        words.append(0)
        pending.forEachSlot { slot in
            let id = pending[slot].id
            pending[slot].forEachReport { words.append($0, of: id) }
        }
        words[place] = UInt64((words.count - place - 1) / 8)
        words.append(UInt64(pending.abandoned.reduce(0) { $0 + $1.value.count }))
        for (id, reports) in pending.abandoned {
            for report in reports { words.append(report, of: id) }
        }
        words.append(UInt64(deliveries.queues.count))
        for queue in deliveries.queues { words.append(queue) }
        return LedgerSnapshot(words: words)
    }

    /// Puts a snapshot as of record `seq` in the place of an empty state; false, with the state as it was, when the words are not one, or
    /// tell of a record behind that.
    ///
    /// As after a replay, ``resume(now:)`` makes what waits due.
    package mutating func restore(_ snapshot: LedgerSnapshot, asOf seq: Int64) -> Bool {
        var reader = WordReader(snapshot.words, lastSeq: seq)
        var state = self
        guard let counts = reader.take(12),
            counts.indices.allSatisfy({ $0 == 8 || SequenceNumber.checked(counts[$0]) != nil }),
            let knownCount = reader.count(of: 7)
        else { return false }
        state.totals.received = Int(counts[0])
        state.totals.confirmed = Int(counts[1])
        state.totals.refuted = Int(counts[2])
        state.totals.abandoned = Int(counts[3])
        state.newestReport = Int64(counts[4])
        state.answeredAt = Int64(counts[5])
        state.totals.unannounced = Int(counts[6])
        state.totals.unannouncedInARow = Int(counts[7])
        guard state.answeredAt <= state.newestReport, state.newestReport <= seq else { return false }
        state.openedAt = counts[8] == 0 ? nil : Int64(counts[8])
        state.hasBaseline = counts[9] != 0
        state.totals.delivered = Int(counts[10])
        state.totals.undeliverable = Int(counts[11])
        for _ in 0..<knownCount {
            guard let entry = KnownPayment(&reader), state.known.slot(of: entry.id) == nil else { return false }
            state.remember(entry)
        }
        guard let long = reader.count(of: 2) else { return false }
        for _ in 0..<long {
            guard let id = reader.number(), let bytes = reader.bytes() else { return false }
            state.longFields[id] = bytes
        }
        // Each stands in one place.
        var reports: Set<Int64> = []
        guard let waiting = reader.count(of: 8) else { return false }
        for _ in 0..<waiting {
            guard let (id, report) = reader.report(), report.seq <= state.newestReport,
                reports.insert(report.seq).inserted
            else { return false }
            let isKnown = state.isKnown(id)
            state.pending.restore(report, of: id, isKnown: isKnown, isAbandoned: false)
        }
        guard let aside = reader.count(of: 8) else { return false }
        for _ in 0..<aside {
            guard let (id, report) = reader.report(), report.seq <= state.newestReport,
                reports.insert(report.seq).inserted
            else { return false }
            let isKnown = state.isKnown(id)
            state.pending.restore(report, of: id, isKnown: isKnown, isAbandoned: true)
        }
        guard let endpoints = reader.count(of: 4) else { return false }
        for _ in 0..<endpoints {
            guard let queue = EndpointQueue(&reader) else { return false }
            state.deliveries.restore(queue)
        }
        guard reader.isAtEnd else { return false }
        self = state
        return true
    }
}

extension [UInt64] {
    fileprivate mutating func append(_ report: WaitingReport, of id: PaymentID) {
        append(UInt64(id))
        append(UInt64(report.seq))
        append(UInt64(report.offset))
        append(report.content)
    }

    fileprivate mutating func append(_ content: ReportContent) {
        let fields = content.fields.words
        self += [fields.first, fields.second, fields.third, fields.last, UInt64(bitPattern: content.updatedAt)]
    }

    fileprivate mutating func append(bytes: [UInt8]) {
        append(UInt64(bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 8) {
            append(bytes[start..<Swift.min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    mutating func append(_ queue: EndpointQueue) {
        append(queue.isConfigured ? 1 : 0)
        append(UInt64(queue.since))
        append(bytes: Array<UInt8>(queue.name.utf8))
        append(UInt64(queue.count))
        queue.forEachWaiting { id, position in
            append(UInt64(id))
            append(UInt64(position.seq))
            append(UInt64(position.offset))
        }
    }
}

extension EndpointQueue {
    /// Nil for words that no endpoint is made of.
    fileprivate init?(_ reader: inout WordReader) {
        guard let isConfigured = reader.number(), let since = reader.seq(),
            let name = reader.bytes().flatMap({ String(validating: $0, as: UTF8.self) }),
            let count = reader.count(of: 3)
        else {
            return nil
        }
        self.init(name: name, since: since)
        until = isConfigured != 0 ? nil : 0
        for _ in 0..<count {
            guard let id = reader.number(), id > 0, let seq = reader.seq(), seq > 0, let offset = reader.offset()
            else { return nil }
            append(id, JournalPosition(seq: seq, offset: offset), now: nil)
        }
    }
}

extension KnownPayment {
    /// Nil for words that no payment is made of.
    fileprivate init?(_ reader: inout WordReader) {
        guard let id = reader.number(), id > 0, let seq = reader.seq(), let content = reader.content()
        else { return nil }
        self.init(
            id: id, seq: seq, fields: content.fields, updatedAt: content.updatedAt, callBegan: .distantPast)
    }
}

/// Takes words one by one; nil when there are none left, or when they make no sense.
private struct WordReader {
    private let words: [UInt64]
    private let lastSeq: Int64
    private var position = 0

    init(_ words: [UInt64], lastSeq: Int64) {
        self.words = words
        self.lastSeq = lastSeq
    }

    var isAtEnd: Bool { position == words.count }

    mutating func next() -> UInt64? {
        guard position < words.count else { return nil }
        position += 1
        return words[position - 1]
    }

    /// A number that is not negative.
    mutating func number() -> Int64? { next().flatMap { Int64(exactly: $0) } }

    /// The number of a record.
    mutating func seq() -> Int64? { number().flatMap { $0 <= lastSeq ? $0 : nil } }

    /// Where a record begins.
    mutating func offset() -> Int64? { next().flatMap { SequenceNumber.checked($0) } }

    mutating func take(_ count: Int) -> [UInt64]? {
        var taken: [UInt64] = []
        for _ in 0..<count {
            guard let value = number() else { return nil }
            taken.append(UInt64(value))
        }
        return taken
    }

    /// How many entries of that many words follow; nil when there are not that many words.
    mutating func count(of size: Int) -> Int? {
        guard let count = number(), count <= (words.count - position) / size else { return nil }
        return Int(count)
    }

    mutating func bytes() -> [UInt8]? {
        guard let length = number(), length <= (words.count - position) * 8 else { return nil }
        var bytes: [UInt8] = []
        for _ in stride(from: 0, to: Int(length), by: 8) {
            guard var word = next() else { return nil }
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return Array(bytes.prefix(Int(length)))
    }

    mutating func report() -> (PaymentID, WaitingReport)? {
        guard let id = number(), id > 0, let seq = seq(), seq > 0, let offset = offset(), let content = content()
        else { return nil }
        return (id, WaitingReport(seq: seq, offset: offset, content: content))
    }

    mutating func content() -> ReportContent? {
        guard let first = next(), let second = next(), let third = next(), let last = next(), let updatedAt = next()
        else { return nil }
        return ReportContent(
            fields: ComparedFields(first, second, third, last), updatedAt: Int64(bitPattern: updatedAt))
    }
}
