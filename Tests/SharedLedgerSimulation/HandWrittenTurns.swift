public import JournalFormat
public import SharedLedger

extension NodeIdentity {
    /// A node with a lease of 50 seconds, or another one, in nanoseconds.
    public static func test(_ number: Int64, lease: Int64 = 50_000_000_000) -> NodeIdentity {
        NodeIdentity(number: number, name: "node \(number)", version: "test", journal: "id", lease: lease)
    }
}

extension Cut {
    /// Before everything.
    public static var start: Cut { Cut(seq: 0, note: 0) }
}

extension SharedView {
    /// A turn that writes these records behind what was seen.
    public func turn(_ number: Int64, _ records: [Record] = [], note: [UInt8]? = nil) -> Turn {
        var turn = Turn(number: number, lease: 50_000_000_000, head: head)
        for record in records {
            turn.head.cut.seq += 1
            let time = time / 1000 * 1000
            var line: [UInt8] = []
            RecordCodec.append(record, seq: turn.head.cut.seq, durable: head.cut.seq, time: time, to: &line)
            turn.head.bytes += Int64(line.count)
            turn.head.segmentBytes += Int64(line.count)
            line.removeLast()
            if record.kind == "opened" { turn.head.segments += 1 }
            var isNews = false
            if case .confirmed(let confirmed) = record { isNews = confirmed.news }
            turn.records.append(
                RecordRow(
                    seq: turn.head.cut.seq, kind: record.kind, payment: record.payment, isNews: isNews,
                    order: isNews ? turn.head.cut.seq * 10 : 0, time: time, line: line))
        }
        if note != nil { turn.head.cut.note += 1 }
        turn.note = note
        return turn
    }
}

extension Record {
    /// A report of a payment.
    public static func report(_ payment: Int64) -> Record {
        .received(Received(payment: payment, peer: "unix", report: Array(#"{"id":1}"#.utf8), deviations: []))
    }
}
