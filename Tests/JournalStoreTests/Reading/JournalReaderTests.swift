import JournalFormat
import JournalStoreSimulation
import Testing

@testable import JournalStore

struct JournalReaderTests {
    private func read(_ disk: SimulatedDisk) throws -> (seqs: [Int64], fault: Damage?) {
        var seqs: [Int64] = []
        let fault = try JournalReader(disk).forEachLine { line, entry in
            #expect(line.last == UInt8(ascii: "}"))
            seqs.append(entry.seq)
        }
        return (seqs, fault)
    }

    @Test func `a whole journal is read from its first record to its last`() throws {
        let disk = disk([3: segment(3...5), 6: segment(6...6), 7: []], mark: 6)
        disk.put(DurableMark.encode(3), as: PruneMark.name)
        let (seqs, fault) = try read(disk)
        #expect(seqs == [3, 4, 5, 6] && fault == nil)
        #expect(try read(JournalStoreTests.disk([:])).fault == nil)
    }

    @Test func `a journal whose beginning is gone is shown, and then said to lack it`() throws {
        let (seqs, fault) = try read(disk([3: segment(3...5)], mark: 5))
        #expect(seqs == [3, 4, 5] && fault?.fault == .beginning(with: 3, insteadOf: 1))
    }

    @Test func `a last line that lacks only its newline is shown`() throws {
        let (seqs, fault) = try read(
            disk([1: segment(1...3).dropLast() + [], 4: segment(4...5).dropLast() + []], mark: 5))
        #expect(seqs == [1, 2, 3, 4, 5] && fault == nil)
    }

    @Test func `reading changes nothing, not even a torn tail`() throws {
        let disk = disk([1: segment(1...2) + [1, 2]])
        let before = disk.state
        let (seqs, fault) = try read(disk)
        #expect(seqs == [1, 2] && fault?.fault == .cutShort && fault?.offset == Int64(segment(1...2).count))
        #expect(disk.state.names == before.names && disk.state.files.map(\.cache) == before.files.map(\.cache))
    }

    @Test func `every kind of damage is told with its place`() throws {
        var damaged = line(2)
        damaged[40] ^= 1
        let head = segment(1...1)
        let faults: [([Int64: [UInt8]], Int64?, Int64, (LineFault) -> Bool)] = [
            ([1: head + damaged], nil, 1, { if case .checksum = $0 { true } else { false } }),
            ([1: head + line(3)], nil, 1, { $0 == .sequence(expected: 2, found: 3) }),
            ([1: head, 3: segment(3...3)], nil, 3, { $0 == .begins(with: 3, insteadOf: 2) }),
            ([1: line(1)], nil, 1, { $0 == .noHead }),
            ([1: head], 2, 1, { $0 == .missing(expected: 2, claimed: 2) }),
            ([:], 2, 1, { $0 == .missing(expected: 1, claimed: 2) }),
        ]
        for (segments, mark, first, matches) in faults {
            let fault = try #require(try read(disk(segments, mark: mark)).fault)
            #expect(matches(fault.fault), "\(fault)")
            #expect(fault.file == name(first))
        }
    }
}
