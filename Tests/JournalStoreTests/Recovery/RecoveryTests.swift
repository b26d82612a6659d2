import JournalFormat
import JournalStoreSimulation
import POSIX
import Testing

@testable import JournalStore

/// One test for each thing that can be wrong with a journal that is opened.
struct RecoveryTests {
    /// Recovers, and answers the numbers of the records that were shown beside the outcome.
    private func recover(_ disk: SimulatedDisk) throws(JournalFault) -> (seqs: [Int64], Recovery.Outcome) {
        var seqs: [Int64] = []
        let outcome = try Recovery.run(disk) { entry, _, _ in seqs.append(entry.seq) }
        return (seqs, outcome)
    }

    private func fault(_ disk: SimulatedDisk) -> JournalFault? {
        do throws(JournalFault) {
            _ = try recover(disk)
            return nil
        } catch { return error }
    }

    /// Requires that opening finds corruption, and that nothing on the disk was changed by it.
    private func expectCorruption(
        _ disk: SimulatedDisk, in first: Int64, at offset: Int, expected: Int64, claimed: Int64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let before = disk.state
        guard case .damaged(let found, let foundClaim) = fault(disk) else {
            Issue.record("no corruption was found", sourceLocation: sourceLocation)
            return
        }
        #expect(found.file == name(first), sourceLocation: sourceLocation)
        #expect(found.offset == Int64(offset), sourceLocation: sourceLocation)
        #expect(found.lost?.lowerBound == expected, sourceLocation: sourceLocation)
        #expect(foundClaim == claimed, sourceLocation: sourceLocation)
        #expect(disk.state.names == before.names, sourceLocation: sourceLocation)
        #expect(disk.state.files.map(\.cache) == before.files.map(\.cache), sourceLocation: sourceLocation)
    }

    private func begins(_ found: Int64, insteadOf expected: Int64) -> Damage {
        Damage(segment: found, offset: 0, fault: .begins(with: found, insteadOf: expected))
    }

    private func beginning(_ found: Int64, insteadOf expected: Int64) -> Damage {
        Damage(segment: found, offset: 0, fault: .beginning(with: found, insteadOf: expected))
    }

    private static func damaged(_ line: [UInt8]) -> [UInt8] {
        var line = line
        line[line.count / 2] ^= 1
        return line
    }

    /// A line with a right checksum around whatever it says.
    static func sealed(_ rest: [UInt8]) -> [UInt8] {
        let crc = String(CRC32C.checksum(rest.span), radix: 16)
        return Array(#"{"crc":"\#(String(repeating: "0", count: 8 - crc.count))\#(crc)","#.utf8) + rest + [0x0A]
    }

    // MARK: What is whole

    @Test func `an empty directory is an empty journal`() throws {
        let (seqs, outcome) = try recover(disk([:]))
        #expect(seqs.isEmpty && outcome.nextSeq == 1 && outcome.tail == nil && outcome.segments.isEmpty)
    }

    @Test func `records of several segments are shown in order`() throws {
        let disk = disk([1: segment(1...3), 4: segment(4...4), 5: segment(5...7)])
        let (seqs, outcome) = try recover(disk)
        #expect(seqs == Array(1...7))
        #expect(outcome.nextSeq == 8 && outcome.segments == [1, 4, 5] && outcome.tornTail == nil)
        #expect(outcome.tail?.firstSeq == 5 && outcome.tail?.size == Int64(segment(5...7).count))
    }

    @Test func `a journal may begin where an earlier part was pruned`() throws {
        let disk = disk([4: segment(4...6)])
        disk.put(DurableMark.encode(4), as: PruneMark.name)
        #expect(try recover(disk).seqs == [4, 5, 6])
    }

    @Test func `a journal without its beginning is refused where nothing was pruned, or not so far`() {
        for mark in [nil, 2, 3] as [Int64?] {
            let disk = disk([4: segment(4...6)])
            if let mark { disk.put(DurableMark.encode(mark), as: PruneMark.name) }
            guard case .damaged(beginning(4, insteadOf: mark ?? 1), _)? = fault(disk) else {
                Issue.record("it is opened, though pruning left \(mark.map(String.init) ?? "everything")")
                continue
            }
        }
    }

    @Test func `a beginning that an operator has accepted is none that is missing`() throws {
        let disk = disk([4: segment(4...6), 7: segment(7...7)])
        #expect(try JournalRepair.acceptBeginning(disk, segment: 4, dryRun: true) == 3)
        guard case .damaged(beginning(4, insteadOf: 1), _)? = fault(disk) else {
            Issue.record("a dry run changed something")
            return
        }
        #expect(throws: JournalRepair.Refusal.self) {
            try JournalRepair.acceptBeginning(disk, segment: 7, dryRun: false)
        }
        #expect(throws: JournalRepair.Refusal.self) {
            try JournalRepair.acceptBeginning(disk, segment: 5, dryRun: false)
        }
        #expect(try JournalRepair.acceptBeginning(disk, segment: 4, dryRun: false) == 3)
        let after = SimulatedDisk(disk.state.afterLosingAll())
        #expect(try recover(after).seqs == [4, 5, 6, 7])
        #expect(throws: JournalRepair.Refusal.self) {
            try JournalRepair.acceptBeginning(after, segment: 4, dryRun: false)
        }
    }

    @Test func `files that are no segments are left alone`() throws {
        let disk = disk([1: segment(1...2)], mark: 2)
        for name in ["lock", "notes.txt", "1.jsonl", "\(name(3)).torn-7"] { disk.put([1, 2], as: name) }
        let before = disk.state.names
        #expect(try recover(disk).seqs == [1, 2])
        #expect(disk.state.names == before)
    }

    @Test func `recovery tells its progress in bytes`() throws {
        let bytes = segment(1...5000)
        var told: [Int64] = []
        _ = try Recovery.run(disk([1: bytes])) {
            told.append($0)
        } visit: { _, _, _ in
        }
        #expect(told.count == 1 && told[0] > 0 && told[0] < Int64(bytes.count))
    }

    // MARK: Torn tails

    @Test func `a line cut short by the end of the file is cut off and kept aside`() throws {
        let whole = segment(1...3)
        let rest = Array(line(4).dropLast(5))
        let disk = disk([1: whole + rest], mark: 3)
        let (seqs, outcome) = try recover(disk)
        #expect(seqs == [1, 2, 3] && outcome.nextSeq == 4)
        let tail = try #require(outcome.tornTail)
        #expect(tail.segment == name(1) && tail.offset == Int64(whole.count) && tail.bytes == Int64(rest.count))
        #expect(tail.fault == .cutShort)
        #expect(tail.copy == "\(name(1)).torn-\(whole.count)")
        #expect(disk.content(name(1)) == whole)
        #expect(disk.content(tail.copy ?? "") == rest)
    }

    @Test(arguments: [nil, 3] as [Int64?])
    func `a line that lacks nothing but its newline is completed, claimed or not`(mark: Int64?) throws {
        let disk = disk([1: segment(1...3).dropLast() + []], mark: mark)
        let (seqs, outcome) = try recover(disk)
        #expect(seqs == [1, 2, 3] && outcome.tornTail == nil)
        #expect(SimulatedDisk(disk.state.afterLosingAll()).content(name(1)) == segment(1...3))
    }

    @Test func `the last line of an earlier segment is completed likewise`() throws {
        let disk = disk([1: segment(1...3).dropLast() + [], 4: segment(4...5)])
        #expect(try recover(disk).seqs == [1, 2, 3, 4, 5])
        #expect(SimulatedDisk(disk.state.afterLosingAll()).content(name(1)) == segment(1...3))
    }

    @Test func `a last line without its newline whose number does not belong there is cut off`() throws {
        let disk = disk([1: segment(1...2) + line(4).dropLast()])
        #expect(try recover(disk).seqs == [1, 2])
        #expect(disk.content(name(1)) == segment(1...2))
    }

    @Test(arguments: [
        [0, 0, 0, 0], Array("\n".utf8), Array("{}\n".utf8), Array("garbage\n".utf8), [0xFF, 0xFE, 0x0A], [0, 0x0A],
        Array(#"{"crc":"00000000","seq":3,"durable":0,"time":"","kind":"closed"}"#.utf8) + [0x0A],
    ])
    func `what is no record is cut off`(bytes: [UInt8]) throws {
        let disk = disk([1: segment(1...2) + bytes])
        let (seqs, outcome) = try recover(disk)
        #expect(seqs == [1, 2])
        #expect(outcome.tornTail?.bytes == Int64(bytes.count))
        #expect(disk.content(name(1)) == segment(1...2))
    }

    @Test func `a line with a wrong checksum is cut off`() throws {
        let (seqs, outcome) = try recover(disk([1: segment(1...2) + Self.damaged(line(3))]))
        #expect(seqs == [1, 2])
        guard case .checksum = outcome.tornTail?.fault else {
            Issue.record("\(String(describing: outcome.tornTail?.fault))")
            return
        }
    }

    @Test func `a bad line takes the good ones behind it along when nothing claims it`() throws {
        let behind = line(4, durable: 2) + line(5, durable: 2)
        let disk = disk([1: segment(1...2) + Self.damaged(line(3)) + behind], mark: 2)
        let (seqs, outcome) = try recover(disk)
        #expect(seqs == [1, 2])
        #expect(disk.content(name(1)) == segment(1...2))
        #expect(disk.content(outcome.tornTail?.copy ?? "") == Self.damaged(line(3)) + behind)
    }

    @Test func `a gap in the numbers is cut off when nothing claims what is missing`() throws {
        let (seqs, outcome) = try recover(disk([1: segment(1...2) + line(4, durable: 2)]))
        #expect(seqs == [1, 2])
        #expect(outcome.tornTail?.fault == .sequence(expected: 3, found: 4))
    }

    @Test func `a repeated number is cut off`() throws {
        let (seqs, outcome) = try recover(disk([1: segment(1...3) + line(2)]))
        #expect(seqs == [1, 2, 3])
        #expect(outcome.tornTail?.fault == .sequence(expected: 4, found: 2))
    }

    @Test func `a line of 4 MiB is read, and a longer one is cut off`() throws {
        let frame = line(2, .known(payment: 1, current: [])).count
        let fitting = [UInt8](repeating: UInt8(ascii: "1"), count: RecordCodec.maximumLineLength - frame)
        let good = line(2, .known(payment: 1, current: fitting))
        #expect(good.count == RecordCodec.maximumLineLength)
        #expect(try recover(disk([1: segment(1...1) + good])).seqs == [1, 2])

        let long = line(2, .known(payment: 1, current: fitting + [UInt8(ascii: "1")]))
        let (seqs, outcome) = try recover(disk([1: segment(1...1) + long]))
        #expect(seqs == [1] && outcome.tornTail?.fault == .tooLong)
    }

    @Test func `an endless line is cut off, and claims behind it are still heard`() throws {
        let endless = [UInt8](repeating: 0, count: 9 << 20)
        let (seqs, outcome) = try recover(disk([1: segment(1...2) + endless]))
        #expect(seqs == [1, 2] && outcome.tornTail?.fault == .tooLong)
        let disk = disk([1: segment(1...2) + endless + [0x0A] + line(9, durable: 3)])
        expectCorruption(disk, in: 1, at: segment(1...2).count, expected: 3, claimed: 3)
    }

    @Test func `an empty last segment is used again`() throws {
        let disk = disk([1: segment(1...3), 4: []], mark: 3)
        let (seqs, outcome) = try recover(disk)
        #expect(seqs == [1, 2, 3])
        #expect(outcome.tail?.firstSeq == 4 && outcome.tail?.size == 0 && outcome.nextSeq == 4)
        #expect(outcome.tornTail == TornTail(segment: name(4), offset: 0, bytes: 0, copy: nil, fault: nil))
        let (journal, _) = try Journal.open(disk, .test(), randomID: "x", time: 0) { _, _ in }
        #expect(journal.id == "id")
        #expect(try disk.records() == ["1 opened", "2 baseline", "3 baseline", "4 opened"])
    }

    @Test func `a last segment whose head is torn is emptied and used again`() throws {
        let disk = disk([1: segment(1...3), 4: Array(line(4, head).prefix(20))], mark: 3)
        let (seqs, outcome) = try recover(disk)
        #expect(seqs == [1, 2, 3] && outcome.tail?.size == 0)
        #expect(outcome.tornTail?.copy == "\(name(4)).torn-0")
        #expect(disk.content(name(4)) == [])
    }

    @Test func `what was set aside is never written over`() throws {
        let whole = segment(1...2)
        let disk = disk([1: whole + [1]])
        for old in ["", "-2", "-3"] { disk.put([7], as: "\(name(1)).torn-\(whole.count)\(old)") }
        let (_, outcome) = try recover(disk)
        #expect(outcome.tornTail?.copy == "\(name(1)).torn-\(whole.count)-4")
        #expect(disk.content("\(name(1)).torn-\(whole.count)") == [7])
    }

    @Test func `the copy is on the disk before the segment is cut, and the cut before anything else`() throws {
        let whole = segment(1...2)
        let disk = disk([1: whole + [1, 2, 3]], mark: 2)
        _ = try recover(disk)
        let copy = "\(name(1)).torn-\(whole.count)"
        let changes = disk.calls.filter { call in
            switch call {
            case .write, .synchronize, .synchronizeDirectory, .truncate, .open(_, .create): true
            default: false
            }
        }
        #expect(
            changes == [
                .open(copy, .create), .write(copy, count: 3), .synchronize(copy), .synchronizeDirectory,
                .truncate(name(1), length: Int64(whole.count)), .synchronize(name(1)),
                .truncate(name(1), length: Int64(whole.count) + 1),
                .truncate(name(1), length: Int64(whole.count)), .synchronize(name(1)),
                .synchronizeDirectory,
            ])
    }

    @Test func `a cut whose sync failed is made again by the next start, though the file seems short already`() throws {
        let whole = segment(1...2)
        let disk = disk([1: whole + Array("torn\n".utf8)], mark: 2)
        let syncs = TurnCounter(0)
        disk.setFault { call in
            if case .synchronize(name(1)) = call, syncs.isTurn() { return .lie(5, seed: nil) }
            return nil
        }
        #expect(throws: JournalFault.self) { try recover(disk) }
        #expect(disk.content(name(1)) == whole)
        #expect(try recover(disk).seqs == [1, 2])
        #expect(SimulatedDisk(disk.state.afterLosingAll()).content(name(1)) == whole)
    }

    // MARK: Corruption

    @Test func `a bad line that the very next one claims is corruption`() {
        let disk = disk([1: segment(1...2) + Self.damaged(line(3)) + line(4, durable: 3)])
        expectCorruption(disk, in: 1, at: segment(1...2).count, expected: 3, claimed: 3)
    }

    @Test func `a bad line that a much later one claims is corruption`() {
        let lines = (4...9).flatMap { line($0, durable: $0 == 9 ? 7 : 2) }
        let disk = disk([1: segment(1...2) + Self.damaged(line(3)) + [0x0A] + Array("x\n".utf8) + lines])
        expectCorruption(disk, in: 1, at: segment(1...2).count, expected: 3, claimed: 7)
    }

    @Test func `a gap that the line behind it claims is corruption`() {
        let disk = disk([1: segment(1...2) + line(4, durable: 3)])
        expectCorruption(disk, in: 1, at: segment(1...2).count, expected: 3, claimed: 3)
    }

    @Test func `a bad line that the durable mark claims is corruption`() {
        let disk = disk([1: segment(1...2) + Self.damaged(line(3))], mark: 3)
        expectCorruption(disk, in: 1, at: segment(1...2).count, expected: 3, claimed: 3)
    }

    @Test func `a segment that ends between lines below the durable mark is corruption`() {
        expectCorruption(disk([1: segment(1...2)], mark: 3), in: 1, at: segment(1...2).count, expected: 3, claimed: 3)
    }

    @Test func `a journal that is gone below its durable mark is corruption`() {
        expectCorruption(disk([:], mark: 3), in: 1, at: 0, expected: 1, claimed: 3)
        expectCorruption(disk([1: []], mark: 3), in: 1, at: 0, expected: 1, claimed: 3)
    }

    @Test func `a bad line in an earlier segment is corruption, since a later one claims it`() {
        let bad = segment(1...2) + Self.damaged(line(3))
        expectCorruption(disk([1: bad, 4: segment(4...5)]), in: 1, at: segment(1...2).count, expected: 3, claimed: 3)
        expectCorruption(disk([1: bad, 4: []]), in: 1, at: segment(1...2).count, expected: 3, claimed: 3)
    }

    @Test func `an earlier segment that ends too early, or too late, is noticed`() {
        for (first, expected) in [(Int64(5), Int64(4)), (3, 4)] {
            guard case .damaged(begins(first, insteadOf: expected), _)? = fault(disk([1: segment(1...3), first: []]))
            else {
                Issue.record("segment \(first) fits behind record 3")
                continue
            }
        }
    }

    @Test func `a start with a segment missing is refused`() throws {
        let fault = try #require(self.fault(disk([1: segment(1...3), 7: segment(7...9)])))
        guard case .damaged(begins(7, insteadOf: 4), _) = fault else {
            Issue.record("\(fault)")
            return
        }
        #expect("\(fault)".contains("record 4 should stand there, but it is record 7: a segment is missing"))
        #expect("\(fault)".contains("records 4 to 6 cannot be read"))
    }

    @Test(
        arguments: [
            [UInt8](), [1, 2, 3], DurableMark.encode(9).dropLast(2) + [], DurableMark.encode(9) + [0x0A],
            Array(DurableMark.encode(9).prefix(20)) + DurableMark.encode(8).suffix(10),
            [UInt8](repeating: 0, count: DurableMark.length),
        ] as [[UInt8]])
    func `a damaged durable mark claims nothing`(mark: [UInt8]) throws {
        let disk = disk([1: segment(1...2) + [1]])
        disk.put(mark, as: DurableMark.name)
        #expect(try recover(disk).seqs == [1, 2])
    }

    // MARK: What this version cannot read

    @Test func `a kind that is not known stops the start and changes nothing`() throws {
        let line = Self.sealed(
            Array(#""seq":3,"durable":0,"time":"2026-11-22T22:31:04.512345Z","kind":"shipped"}"#.utf8))
        let disk = disk([1: segment(1...2) + line])
        guard case .damaged(let damage, _)? = fault(disk), damage.file == name(1),
            damage.offset == segment(1...2).count,
            case .laterVersion(let later) = damage.fault
        else {
            Issue.record("it was read")
            return
        }
        #expect(later.problem.contains(#""shipped""#) && later.version == "1")
        #expect(disk.content(name(1)) == segment(1...2) + line)
    }

    @Test func `bytes that are not UTF-8 stop the start when their checksum is right`() throws {
        var bytes = line(3, .received(.init(payment: 1, peer: "????", report: [0x31], deviations: []))).dropFirst(18)
            .dropLast()
        let position = try #require(bytes.firstIndex(of: UInt8(ascii: "?")))
        bytes[position] = 0xFF
        guard case .damaged(let damage, _)? = fault(disk([1: segment(1...2) + Self.sealed(Array(bytes))])),
            damage.file == name(1), case .content = damage.fault
        else {
            Issue.record("it was read")
            return
        }
    }

    @Test func `a later format stops the start`() throws {
        let later = Record.opened(.init(format: 2, journal: "id", version: "9", api: "api:443", client: "client"))
        guard case .damaged(let damage, _)? = fault(disk([1: line(1, later)])), damage.offset == 0,
            case .laterVersion(let later) = damage.fault
        else {
            Issue.record("it was read")
            return
        }
        #expect(later.isFormat && later.version == "9")
    }

    @Test func `a segment that begins with another kind stops the start`() throws {
        guard case .damaged(Damage(segment: 1, offset: 0, fault: .noHead), _)? = fault(disk([1: line(1)])) else {
            Issue.record("it was read")
            return
        }
    }

    // MARK: What is not proven

    @Test func `records that nothing claims are written once more and synced before the journal is used`() throws {
        let disk = disk([1: segment(1...2) + line(3, durable: 2) + line(4, durable: 2)])
        let (_, outcome) = try recover(disk)
        let unclaimed = line(3, durable: 2) + line(4, durable: 2)
        #expect(outcome.rewrittenBytes == Int64(unclaimed.count))
        let changes = disk.calls.filter { if case .write = $0 { true } else { $0 == .synchronize(name(1)) } }
        #expect(changes == [.write(name(1), count: unclaimed.count), .synchronize(name(1))])
        #expect(disk.content(name(1)) == segment(1...2) + unclaimed)
    }

    @Test func `what the page cache shows after a failed sync is on the disk after recovery`() throws {
        let disk = disk([1: segment(1...2)])
        let file = try disk.open(name(1), .write)
        _ = try disk.write(file, line(3, durable: 2)[...], at: Int64(segment(1...2).count))
        // All of it is lost, and the page cache goes on showing it.
        disk.setFault { if case .synchronize = $0 { .lie(5, seed: nil) } else { nil } }
        #expect(throws: (any Error).self) { try disk.synchronize(file) }
        disk.setFault(nil)
        try disk.synchronize(file)
        let lost = disk.state.afterLosingAll()
        #expect(lost.files[0].cache != segment(1...2) + line(3, durable: 2))

        #expect(try recover(disk).seqs == [1, 2, 3])
        #expect(disk.state.afterLosingAll().files[0].cache == segment(1...2) + line(3, durable: 2))
    }

    @Test func `all of a segment is written once more when nothing claims any of it`() throws {
        #expect(try recover(disk([1: segment(1...3)])).1.rewrittenBytes == Int64(segment(1...3).count))
        let disk = disk([1: segment(1...3), 4: segment(4...5)])
        #expect(try recover(disk).1.rewrittenBytes == Int64(segment(4...5).count))
        #expect(!disk.calls.contains(.synchronize(name(1))))
    }

    @Test func `a cut that an earlier run did not sync is synced`() throws {
        let disk = disk([1: segment(1...3)], mark: 2)
        let file = try disk.open(name(1), .write)
        try disk.truncate(file, to: Int64(segment(1...2).count))
        #expect(try recover(disk).seqs == [1, 2])
        #expect(disk.state.afterLosingAll().files[0].cache == segment(1...2))
    }

    @Test func `the last segment's name is synced`() throws {
        let disk = disk([1: segment(1...2)], mark: 2)
        let file = try disk.open(name(3), .create)
        _ = try disk.write(file, segment(3...3, durable: 2)[...], at: 0)
        #expect(try recover(disk).seqs == [1, 2, 3])
        #expect(disk.state.afterLosingAll().names.keys.sorted() == [name(1), name(3), DurableMark.name])
    }

    @Test func `a segment's name that a failed sync of the directory lost is on the disk after recovery`() throws {
        let disk = disk([1: segment(1...3)], mark: 3)
        let file = try disk.open(name(4), .create)
        // The name is lost, and a reader goes on seeing it.
        disk.setFault { if case .synchronizeDirectory = $0 { .lie(5, seed: nil) } else { nil } }
        #expect(throws: (any Error).self) { try disk.synchronizeDirectory() }
        disk.setFault(nil)
        _ = try disk.write(file, segment(4...5)[...], at: 0)
        try disk.synchronize(file)
        try disk.synchronizeDirectory()
        #expect(SimulatedDisk(disk.state.afterLosingAll()).content(name(4)) == nil)

        // What a recovery that was interrupted left is in nobody's way.
        disk.put([1], as: "\(name(4)).new")
        #expect(try recover(disk).seqs == [1, 2, 3, 4, 5])
        let left = disk.state.afterLosingAll()
        #expect(SimulatedDisk(left).content(name(4)) == segment(4...5))
        #expect(left.names.keys.sorted() == [name(1), name(4), DurableMark.name])
    }

    @Test(arguments: 0..<40)
    func `a call that fails stops the start, and the next start succeeds`(turn: Int) throws {
        let disk = disk([1: segment(1...3), 4: segment(4...5) + line(6, durable: 4) + [1, 2]], mark: 4)
        let turns = TurnCounter(turn)
        disk.setFault { _ in turns.isTurn() ? .error(5) : nil }
        let failed = fault(disk)
        disk.setFault(nil)
        if turns.hasCome {
            guard case .system(let error) = failed else {
                Issue.record("\(String(describing: failed))")
                return
            }
            #expect(error.errno == 5)
        }
        #expect(try recover(disk).seqs == [1, 2, 3, 4, 5, 6])
    }
}
