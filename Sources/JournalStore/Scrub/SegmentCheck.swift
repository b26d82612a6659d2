import JournalFormat

/// Whether a closed segment is what it was, by its bytes, which come piece by piece. Pure.
struct SegmentCheck {
    /// More of one segment is not told.
    private static let listed = 100

    /// Its first record.
    let first: Int64
    /// How much of it has come.
    private(set) var size: Int64 = 0
    private var checksum = CRC32C.Running()
    /// What was dropped, from within it too.
    private let dropped: DroppedRanges
    /// What has come behind the last newline, and how far it was searched for one.
    private var rest: [UInt8] = []
    private var searched = 0
    /// The beginning of a line without end is not kept.
    private var isTooLong = false
    /// Where the line begins that is under way.
    private var offset: Int64 = 0
    /// The number of the record that is to follow.
    private var next: Int64
    /// A line that is not good; the next good one tells how many records it costs.
    private var bad: (offset: Int64, fault: LineFault)?
    private var damage: [Damage] = []

    init(_ first: Int64, without dropped: DroppedRanges = DroppedRanges()) {
        self.first = first
        self.dropped = dropped
        next = first
    }

    mutating func take(_ bytes: [UInt8]) {
        checksum.update(bytes.span)
        size += Int64(bytes.count)
        rest += bytes
        var start = 0
        while let newline = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            check(rest[start..<newline])
            start = newline + 1
            searched = start
            offset = size - Int64(rest.count - start)
        }
        rest.removeSubrange(..<start)
        if rest.count >= RecordCodec.maximumLineLength {
            note(.tooLong)
            isTooLong = true
            rest.removeAll()
        }
        searched = rest.count
    }

    private mutating func check(_ line: ArraySlice<UInt8>) {
        defer { isTooLong = false }
        if isTooLong { return }
        do throws(LineFault) {
            let seq = try RecordLine(checking: line.span).seq
            tellBad(upTo: seq - 1)
            if dropped.expected(next, at: seq) != seq {
                tell(Damage(segment: first, offset: offset, fault: .sequence(expected: next, found: seq)))
            }
            next = seq + 1
        } catch { note(error) }
    }

    private mutating func note(_ fault: LineFault) { bad = bad ?? (offset, fault) }

    /// Tells the bad lines before a good one, which is of another number then than the one that was to follow.
    private mutating func tellBad(upTo last: Int64) {
        guard let bad else { return }
        self.bad = nil
        tell(Damage(segment: first, offset: bad.offset, fault: bad.fault, lost: next...max(next, last)))
        next = max(next, last + 1)
    }

    private mutating func tell(_ damage: Damage) {
        if self.damage.count < Self.listed { self.damage.append(damage) }
    }

    /// All of it has come: what is wrong with it, by its lines, what the manifest says of it, and the `chain` that the segment `behind` names.
    consuming func finish(_ known: ClosedSegment?, chain: (behind: Int64, says: UInt32)?) -> [Damage] {
        if !rest.isEmpty { note((try? RecordLine(checking: rest.span)) == nil ? .cutShort : .noNewline) }
        tellBad(upTo: known?.last ?? next)
        let found = checksum.checksum
        // A line that is not good says where.
        guard damage.isEmpty else { return damage }
        if let known, known.size != size || known.checksum != found {
            return [Damage(segment: first, offset: 0, fault: .changed(known, size: size, checksum: found))]
        }
        if known == nil, let chain, chain.says != found {
            return [Damage(segment: chain.behind, offset: 0, fault: .chain(says: chain.says, found: found))]
        }
        return []
    }
}
