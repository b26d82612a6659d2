import JournalFormat
import SharedLedger
import SharedLedgerSimulation

extension NodeIdentity {
    /// A node with a lease of 50 seconds.
    static func test(_ number: Int64) -> NodeIdentity {
        NodeIdentity(number: number, name: "node \(number)", version: "test", journal: "id", lease: 50_000_000_000)
    }
}

extension SimulatedDatabase {
    /// A connection whose node has joined.
    func joined(_ number: Int64) async throws -> SimulatedConnection {
        let connection = connection()
        _ = try await connection.join(.test(number))
        return connection
    }
}

extension SharedView {
    /// A turn that writes these records behind what was seen.
    func turn(_ number: Int64, _ records: [Record] = [], note: [UInt8]? = nil) -> Turn {
        var turn = Turn(number: number, head: head)
        for record in records {
            turn.head.cut.seq += 1
            var line: [UInt8] = []
            RecordCodec.append(
                record, seq: turn.head.cut.seq, durable: head.cut.seq, time: time / 1000 * 1000, to: &line)
            if line.last == UInt8(ascii: "\n") { line.removeLast() }
            var isNews = false
            if case .confirmed(let confirmed) = record { isNews = confirmed.news }
            turn.records.append(
                RecordRow(
                    seq: turn.head.cut.seq, kind: record.kind, payment: record.payment, isNews: isNews, order: 0,
                    time: time / 1000 * 1000, line: line))
            turn.head.bytes += Int64(line.count) + 1
            turn.head.segmentBytes += Int64(line.count) + 1
        }
        if note != nil { turn.head.cut.note += 1 }
        turn.note = note
        return turn
    }
}

extension Record {
    /// A report of a payment.
    static func report(_ payment: Int64) -> Record {
        .received(Received(payment: payment, peer: "unix", report: Array(#"{"id":1}"#.utf8), deviations: []))
    }
}

extension Cut {
    /// Before everything.
    static let start = Cut(seq: 0, note: 0)
}
