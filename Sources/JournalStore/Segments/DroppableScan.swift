import JournalFormat
import Payments
import POSIX

/// Which segments hold nothing but reports that told nothing: refuted ones, and those that were settled without news; and what may go from
/// within the others. Reads each record once, however often it is asked.
struct DroppableScan {
    /// What is in a segment, as far as it has been read.
    private struct Segment {
        let first: Int64
        /// Behind its last record that has been read.
        var end: Int64
        /// Whether something in it must stay.
        var isKept = false
        /// Its reports without a verdict, of which payment each is, and how many bytes it has.
        var open: [Int64: (payment: PaymentID, bytes: Int64)] = [:]
        /// How many reports of other segments have their verdict in it.
        var verdicts: [Int64: Int64] = [:]
        /// How long it is, and how much of that may go at most.
        var bytes: Int64 = 0
        var waste: Int64 = 0
        /// How much that was when it was found that less than half may go.
        var found: Int64?
    }

    /// In order.
    private var segments: [Segment] = []
    /// Where the last one has been read to.
    private var offset: Int64 = 0
    /// Payments of which reports were abandoned: the next report takes those up, refuted or not, and must stay to tell so.
    private var abandoned: Set<PaymentID> = []
    /// The reports that did.
    private var takers: Set<Int64> = []
    /// What was dropped before.
    private var dropped = DroppedRanges()

    /// Reads on, up to a record, in segments of which each is durable; stops between two of them when it is told to.
    mutating func read(
        _ disk: any Disk, _ all: [Int64], upTo durable: Int64, while isWanted: () -> Bool
    ) throws(JournalFault) {
        dropped = try Self.system { () throws(SystemError) in try DroppedRanges.read(from: disk) }
        let latest = segments.last?.first ?? 0
        let present = Set(all)
        segments.removeAll { !present.contains($0.first) }
        // Behind the last durable record no segment is begun: the one before it may not be whole yet.
        for first in all where first >= latest && first <= durable {
            guard isWanted() else { return }
            if segments.last?.first != first {
                segments.append(Segment(first: first, end: first))
                offset = 0
            }
            try readLast(disk, upTo: durable)
        }
    }

    /// Reports that yielded to others never get a verdict: `haveYielded` says which of a segment's are such.
    mutating func close(_ haveYielded: ([(seq: Int64, payment: PaymentID)]) -> [Int64]) {
        for index in segments.indices where !segments[index].open.isEmpty {
            for seq in haveYielded(segments[index].open.map { ($0.key, $0.value.payment) }) { close(seq) }
        }
    }

    /// The segments that can go: whole, and all of their reports refuted, or settled without news.
    ///
    /// What they say of reports that stay must be written anew, or a replay would have those wait again; so must the last word
    /// on a payment. A segment that consists of the former by more than half stays.
    func going(_ dropped: DroppedRanges) -> [ClosedRange<Int64>] {
        var going: [Int64: Int64] = [:]
        for (segment, next) in zip(segments, segments.dropFirst()) where !segment.isKept && segment.open.isEmpty {
            // One that does not reach to the next is damaged, and nothing is dropped unread.
            if dropped.next(from: segment.end) == next.first || segment.end == next.first {
                going[segment.first] = segment.end - 1
            }
        }
        let present = Set(segments.map(\.first))
        var count = 0
        repeat {
            count = going.count
            for segment in segments where going[segment.first] != nil {
                let staying = segment.verdicts.filter { present.contains($0.key) && going[$0.key] == nil }
                if staying.values.reduce(0, +) * 2 > segment.end - segment.first { going[segment.first] = nil }
            }
        } while going.count < count
        return going.sorted { $0.key < $1.key }.map { $0.key...$0.value }
    }

    /// What must be written anew before segments go.
    struct Remains {
        /// Refutations of reports in segments that stay.
        var refutations: [Record] = []
        /// Of payments that were settled without news, or known: the reports in segments that stay, which need that said again.
        var settled: [PaymentID: [Int64]] = [:]
    }

    /// What segments that go say of reports in segments that stay, and the payments of which they may hold the last word.
    func remains(_ disk: any Disk, _ going: [ClosedRange<Int64>]) throws(JournalFault) -> Remains {
        let staying = Set(segments.map(\.first)).subtracting(going.map(\.lowerBound))
        func stays(_ seq: Int64) -> Bool { index(of: seq).map { staying.contains(segments[$0].first) } ?? false }
        var remains = Remains()
        for segment in segments where going.contains(where: { $0.lowerBound == segment.first }) {
            try Self.forEachLine(disk, segment.first, from: 0) { (line, _) throws(LineFault) in
                let record = try Entry(line: line).record
                switch record {
                case .refuted(_, let of, _): if stays(of) { remains.refutations.append(record) }
                case .confirmed(let confirmed):
                    remains.settled[confirmed.payment, default: []] += confirmed.of.filter(stays)
                case .known(let payment, _): remains.settled[payment, default: []] += []
                default: break
                }
                return true
            }
        }
        return remains
    }

    // MARK: What goes from within segments

    /// The segments of which half may go, as far as that is known without a second look; those of which least stays come first, since that
    /// has to be written beside them. The last one stays as it is.
    var wasteful: [Int64] {
        zip(segments, segments.dropFirst()).filter { segment, next in
            segment.waste * 2 >= segment.bytes && dropped.next(from: segment.end) == next.first
                && segment.found.map { segment.waste - $0 >= segment.bytes / 8 } ?? true
        }
        .map(\.0).sorted { $0.bytes - $0.waste < $1.bytes - $1.waste }.map(\.first)
    }

    /// What may go from within a segment, if that is half of it: reports that have their verdict, whatever it was, and what was said of
    /// reports that are gone. The first record and the last stay, so that the segment reaches from its name to the next one; so does the
    /// last word on a payment, and record `pinned`.
    mutating func gone(
        from first: Int64, _ disk: any Disk, pinned: Int64, isLastWord: (Int64, PaymentID) -> Bool
    ) throws(JournalFault) -> DroppedRanges? {
        guard let index = segments.firstIndex(where: { $0.first == first }) else { return nil }
        let segment = segments[index]
        var gone: Set<Int64> = []
        var (bytes, goneBytes): (Int64, Int64) = (0, 0)
        func isGone(_ report: Int64) -> Bool {
            gone.contains(report) || dropped.contains(report) || self.index(of: report) == nil
        }
        try Self.forEachLine(disk, first, from: 0) { (line, _) throws(LineFault) in
            let entry = try EntryView(RecordLine(checking: line), line)
            bytes += Int64(line.count) + 1
            if entry.seq == first || entry.seq == segment.end - 1 || entry.seq == pinned { return true }
            let goes =
                switch entry.record {
                case .received: segment.open[entry.seq] == nil && !takers.contains(entry.seq)
                case .other(.refuted(_, let of, _)): isGone(of)
                case .confirmed(let confirmed):
                    !confirmed.news && confirmed.of.allSatisfy(isGone) && !isLastWord(entry.seq, confirmed.payment)
                case .known(let payment, _): !isLastWord(entry.seq, payment)
                case .other: false
                }
            guard goes || dropped.contains(entry.seq) else { return true }
            gone.insert(entry.seq)
            goneBytes += Int64(line.count) + 1
            return true
        }
        if goneBytes * 2 >= bytes, goneBytes > 0 { return DroppedRanges(gone.map { $0...$0 }) }
        segments[index].found = segment.waste
        return nil
    }

    /// A segment is so many bytes shorter.
    mutating func shrank(_ first: Int64, by bytes: Int64) {
        guard let index = segments.firstIndex(where: { $0.first == first }) else { return }
        segments[index].bytes -= bytes
        (segments[index].waste, segments[index].found) = (0, nil)
    }

    // MARK: Reading

    private mutating func readLast(_ disk: any Disk, upTo durable: Int64) throws(JournalFault) {
        let first = segments[segments.count - 1].first
        try Self.forEachLine(disk, first, from: offset) { (line, end) throws(LineFault) in
            if segments[segments.count - 1].end > durable { return false }
            try take(line)
            offset = end
            return true
        }
    }

    /// Shows lines, each with the offset behind it, as long as that is wanted.
    static func forEachLine(
        _ disk: any Disk, _ first: Int64, from offset: Int64, _ body: (Span<UInt8>, Int64) throws(LineFault) -> Bool
    ) throws(JournalFault) {
        // One that has just been pruned will not be in the list the next time.
        guard let file = try system({ () throws(SystemError) in try disk.openUnlessPruned(first) }) else { return }
        defer { disk.close(file) }
        var reader = SegmentReader(disk, file, from: offset, completes: true)
        while case .line(let place, _) = try system({ () throws(SystemError) in try reader.next() }) {
            do throws(LineFault) {
                guard try body(reader.line.span, reader.offset) else { return }
            } catch {
                throw .damaged(Damage(segment: first, offset: place, fault: error))
            }
        }
    }

    private static func system<Value>(_ body: () throws(SystemError) -> Value) throws(JournalFault) -> Value {
        do { return try body() } catch { throw .system(error) }
    }

    private mutating func take(_ line: Span<UInt8>) throws(LineFault) {
        let entry = try EntryView(RecordLine(checking: line), line)
        let index = segments.count - 1
        guard dropped.expected(segments[index].end, at: entry.seq) == entry.seq else {
            throw .sequence(expected: segments[index].end, found: entry.seq)
        }
        let bytes = Int64(line.count) + 1
        segments[index].end = entry.seq + 1
        segments[index].bytes += bytes
        if dropped.contains(entry.seq) {
            segments[index].waste += bytes
            return
        }
        switch entry.record {
        case .received(let received):
            if abandoned.remove(received.payment) != nil {
                takers.insert(entry.seq)
                segments[index].isKept = true
            } else {
                segments[index].open[entry.seq] = (received.payment, bytes)
            }
        case .other(.refuted(_, let of, _)):
            close(of, by: index)
            segments[index].waste += bytes
        // It tells no shop anything, and what it knows is written anew where it is the last word.
        case .confirmed(let confirmed) where !confirmed.news:
            for of in confirmed.of { close(of, by: index) }
            segments[index].waste += bytes
        case .known: segments[index].waste += bytes
        case .other(.opened), .other(.closed): break
        case .other(.abandoned(let record)):
            abandoned.insert(record.payment)
            segments[index].isKept = true
        case .confirmed(let confirmed):
            segments[index].isKept = true
            for of in confirmed.of { if let target = close(of) { segments[target].isKept = true } }
        case .other: segments[index].isKept = true
        }
    }

    /// A report has its verdict, in a segment.
    private mutating func close(_ seq: Int64, by index: Int) {
        guard let target = close(seq), target != index else { return }
        segments[index].verdicts[segments[target].first, default: 0] += 1
    }

    /// A report has its verdict. Returns in which segment it stands.
    @discardableResult
    private mutating func close(_ seq: Int64) -> Int? {
        guard let target = index(of: seq) else { return nil }
        if let report = segments[target].open.removeValue(forKey: seq) { segments[target].waste += report.bytes }
        return target
    }

    /// The segment in which a record stands; nil when that is gone.
    private func index(of seq: Int64) -> Int? {
        segments.lastIndex { $0.first <= seq }.flatMap { seq < segments[$0].end ? $0 : nil }
    }
}
