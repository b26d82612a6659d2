import JournalFormat
import JournalStoreSimulation
import Testing

@testable import JournalStore

/// Which segments hold nothing but reports that were refuted or told nothing.
struct DroppableScanTests {
    private static func received(_ payment: Int64) -> Record {
        .received(.init(payment: payment, peer: "unix", report: Array("{}".utf8), deviations: []))
    }

    private static func refuted(_ of: Int64, payment: Int64 = 7) -> Record {
        .refuted(payment: payment, of: of, reason: "amount-mismatch")
    }

    private static let delivery = Record.Delivery(
        payment: 7, of: 2, endpoint: "https://shop.example", attempts: 1, status: nil, error: nil)

    /// A journal of segments with these records, each behind an `opened`.
    private func journal(_ segments: [[Record]]) -> (disk: SimulatedDisk, firsts: [Int64], last: Int64) {
        let disk = SimulatedDisk()
        var (seq, firsts): (Int64, [Int64]) = (0, [])
        for records in segments {
            let first = seq + 1
            firsts.append(first)
            var bytes: [UInt8] = []
            for record in [head] + records {
                seq += 1
                bytes += line(seq, durable: seq - 1, record)
            }
            disk.put(bytes, as: name(first))
        }
        return (disk, firsts, seq)
    }

    /// The segments that can go.
    private func going(_ segments: [Record]...) throws -> [ClosedRange<Int64>] {
        let (disk, firsts, last) = journal(segments)
        var scan = DroppableScan()
        try scan.read(disk, firsts, upTo: last) { true }
        return scan.going(DroppedRanges())
    }

    @Test func `segments of refuted reports, starts and stops may go`() throws {
        #expect(try going([Self.received(7), Self.refuted(2), .closed, head], []) == [1...5])
        #expect(try going([Self.received(7)], [Self.refuted(2)], []) == [1...2, 3...4])
        #expect(try going([Self.received(7)], []) == [], "the report waits")
        #expect(try going([Self.received(7)], [Self.refuted(2)]) == [1...2], "the last one stays")
    }

    private static let others: [Record] = [
        .baseline(count: 1),
        .confirmed(.init(payment: 7, current: Array("{}".utf8), news: true, of: [], cause: .webhook)),
        .abandoned(.init(payment: 8, of: [], attempts: 1, error: "")), .delivered(delivery), .undeliverable(delivery),
    ]

    @Test(arguments: others) func `a segment that says anything else stays`(record: Record) throws {
        #expect(try going([Self.received(7), Self.refuted(2)], []) == [1...3])
        #expect(try going([Self.received(7), Self.refuted(2), record], []) == [])
    }

    @Test func `a segment with a report that was confirmed stays`() throws {
        let confirmed = Record.confirmed(
            .init(payment: 7, current: Array("{}".utf8), news: true, of: [2], cause: .webhook))
        #expect(try going([Self.received(7)], [confirmed], []) == [])
    }

    @Test func `a report that was settled without news goes, and what was known with it`() throws {
        let current = Array("{}".utf8)
        func settled(_ of: Int64) -> Record {
            .confirmed(.init(payment: 7, current: current, news: false, of: [of], cause: .webhook))
        }
        let known = Record.known(payment: 7, current: current)
        #expect(try going([Self.received(7), settled(2), known], []) == [1...4])
        #expect(try going([Self.received(7)], [settled(2)], []) == [1...2, 3...4])
        let (disk, firsts, last) = journal([
            [Self.received(7), .baseline(count: 0), .baseline(count: 0)], [settled(2), Self.received(7), settled(7)],
            [],
        ])
        var scan = DroppableScan()
        try scan.read(disk, firsts, upTo: last) { true }
        #expect(scan.going(DroppedRanges()) == [5...8])
        #expect(try scan.remains(disk, [5...8]).settled == [7: [2]], "that report stays, and needs it said again")
    }

    @Test func `a report stays that takes up abandoned ones, and no other`() throws {
        let abandoned = Record.abandoned(.init(payment: 7, of: [2], attempts: 1, error: "down"))
        #expect(try going([Self.received(7), abandoned], [Self.received(7), Self.refuted(5, payment: 7)], []) == [])
        #expect(
            try going([Self.received(7), abandoned], [Self.received(8), Self.refuted(5, payment: 8)], []) == [4...6])
    }

    @Test func `what is refuted of reports that stay is a part to be kept, and not the greater one`() throws {
        let genuine = [Self.received(8), Self.received(8), .baseline(count: 0)]
        #expect(try going(genuine, [Self.refuted(2), Self.received(7), Self.refuted(7)], []) == [5...8])
        #expect(try going(genuine, [Self.refuted(2), Self.refuted(3)], []) == [])
        let (disk, firsts, last) = journal([genuine, [Self.refuted(2), Self.received(7), Self.refuted(7)], []])
        var scan = DroppableScan()
        try scan.read(disk, firsts, upTo: last) { true }
        #expect(try scan.remains(disk, [5...8]).refutations == [Self.refuted(2)])
        #expect(try scan.remains(disk, [1...4, 5...8]).refutations == [])
    }

    @Test func `what is not durable, or behind a segment that ends early, says nothing`() throws {
        let (disk, firsts, last) = journal([[Self.received(7)], [Self.refuted(2)], []])
        var scan = DroppableScan()
        try scan.read(disk, firsts, upTo: 3) { true }
        #expect(scan.going(DroppedRanges()) == [])
        try scan.read(disk, firsts, upTo: last) { true }
        #expect(scan.going(DroppedRanges()) == [1...2, 3...4])
        var early = DroppableScan()
        disk.put(line(3, head), as: name(3))
        try early.read(disk, firsts, upTo: last) { true }
        #expect(early.going(DroppedRanges()) == [])
        disk.put(line(1, head), as: name(1))
        var damaged = DroppableScan()
        try damaged.read(disk, firsts, upTo: last) { true }
        #expect(damaged.going(DroppedRanges()) == [], "record 2 should stand in the first")
        #expect(damaged.going(DroppedRanges([2...2, 4...4])) == [1...1, 3...3])
    }

    @Test func `a scan reads each record once`() throws {
        let (disk, firsts, last) = journal([[Self.received(7)], [Self.refuted(2)], []])
        var scan = DroppableScan()
        try scan.read(disk, firsts, upTo: last) { true }
        disk.put([], as: name(1))
        disk.put([], as: name(3))
        try scan.read(disk, firsts, upTo: last) { true }
        #expect(scan.going(DroppedRanges()) == [1...2, 3...4])
    }
}
