import JournalFormat
import JournalStoreSimulation
import Testing
import TestSupport

@testable import JournalStore

/// What a later version of the program has written: passed over where that may be, and never taken for damage.
struct LaterVersionTests {
    /// A journal of one segment.
    private func sample(_ name: String) throws -> SimulatedDisk {
        let bytes = try sampleJournal(name)
        return disk([1: bytes], mark: Int64(bytes.count { $0 == UInt8(ascii: "\n") }))
    }

    private static let options = Journal.Options(
        segmentBytes: 1 << 20, version: "0.1.0", api: "ecryptopay.com:443", client: "shop")

    @discardableResult
    private func open(_ disk: SimulatedDisk) throws(JournalFault) -> [Int64] {
        var seqs: [Int64] = []
        let (journal, _) = try Journal.open(disk, Self.options, randomID: "new", time: 0) { entry, _ in
            seqs.append(entry.seq)
        }
        journal.close(time: 0)
        return seqs
    }

    private func lines(_ disk: SimulatedDisk) -> [String] {
        let segments = ((try? disk.names()) ?? []).filter { SegmentName.firstSeq(of: $0) != nil }.sorted()
        return segments.flatMap { text(disk.content($0)).split(separator: "\n").map(String.init) }
    }

    @Test(arguments: ["format-1", "format-1-reads", "later-passed-over"])
    func `a journal that this version may read is read by all, and gone on with`(name: String) async throws {
        let disk = try sample(name)
        let before = lines(disk)
        let seqs = (1...before.count).map(Int64.init)
        #expect(try disk.records().count == before.count)
        var followed: [Int64] = []
        var follower = JournalFollower(disk, after: 0)
        #expect(
            try follower.poll {
                followed.append($1.seq)
            } pruned: { _ in
            } damaged: { _ in
            } == nil)
        #expect(followed == seqs)
        let target = SimulatedDisk()
        #expect(try JournalCopy.run(from: JournalPages(disk), to: JournalCopyWriter(target)).records == before.count)
        #expect(lines(target) == before)
        #expect(try open(disk) == seqs)
        let after = lines(disk)
        #expect(after.prefix(before.count) == before[...])
        #expect(
            after.dropFirst(before.count).first?.contains(#""kind":"opened","format":1,"reads":1,"journal":"5f1d"#)
                == true)
        let report = try JournalAudit.run(disk)
        #expect(report.problemCount == 0 && report.records == after.count)
        #expect(report.passedOver == (name == "later-passed-over" ? ["shipped": 1] : [:]))
    }

    /// Each sample, with the record that stops this version, and which version wrote that.
    private static let refused: [(name: String, seq: Int64, version: String)] = [
        ("later-kind", 4, "0.2.0"), ("later-format", 3, "0.3.0"),
    ]

    @Test(arguments: refused)
    func `a journal that it may not read is refused with its place and the version that wrote it`(
        name: String, seq: Int64, version: String
    ) async throws {
        let disk = try sample(name)
        let before = disk.state
        let offset = Int64(lines(disk).prefix(Int(seq) - 1).reduce(0) { $0 + $1.utf8.count + 1 })
        func expect(_ fault: Damage?, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(
                fault?.file == JournalStoreTests.name(1) && fault?.offset == offset, sourceLocation: sourceLocation)
            guard case .laterVersion(let later)? = fault?.fault else {
                Issue.record("\(fault.map { "\($0)" } ?? "nothing")", sourceLocation: sourceLocation)
                return
            }
            #expect(later.version == version, sourceLocation: sourceLocation)
        }
        do throws(JournalFault) {
            try open(disk)
            Issue.record("it was opened")
        } catch {
            guard case .damaged(let damage, _) = error else { throw error }
            expect(damage)
            let message = "\(error)"
            #expect(
                message.hasSuffix("; hint: install ecryptopayd \(version), which wrote it, or a later version"),
                "\(message)")
            #expect(!message.contains("damage"), "\(message)")
        }
        expect(try JournalReader(disk).forEachLine { _, entry in #expect(entry.seq < seq) })
        var follower = JournalFollower(disk, after: 0)
        expect(
            try follower.poll { _, _ in
            } pruned: { _ in
            } damaged: { _ in
            })
        let report = try JournalAudit.run(disk)
        #expect(report.problemCount == 1 && report.laterCount == 1 && report.laterVersion?.version == version)
        expect(report.problems.first)
        #expect(!report.isTornTail)
        #expect {
            _ = try JournalCopy.run(from: JournalPages(disk), to: JournalCopyWriter(SimulatedDisk()))
        } throws: { error in
            guard case .laterVersion(let fault) = error as? JournalCopyFault else { return false }
            return fault.contains("install ecryptopayd \(version)")
        }
        #expect(disk.state.names == before.names && disk.state.files.map(\.cache) == before.files.map(\.cache))
    }

    @Test func `a journal that begins with a later format is no damaged one, neither as source nor as target`() throws {
        let later = Record.opened(.init(format: 2, journal: "id", version: "9", api: "api:443", client: "client"))
        let disk = disk([1: line(1, later)])
        #expect {
            _ = try JournalPages(disk)
        } throws: { error in
            guard case .laterVersion(let fault) = error as? JournalCopyFault else { return false }
            return fault.contains("install ecryptopayd 9")
        }
        #expect {
            _ = try JournalCopyWriter(disk)
        } throws: { error in
            guard case .occupied(let what) = error as? JournalCopyFault else { return false }
            return what.contains("a journal of a later version is")
        }
    }

    /// Where to cut: at the record, before it, and behind it.
    @Test(arguments: refused, [0, -1, 1])
    func `a repair cuts nothing that a later version wrote`(
        refused: (name: String, seq: Int64, version: String), lines count: Int
    ) throws {
        let disk = try sample(refused.name)
        let before = disk.state
        let offset = lines(disk).prefix(Int(refused.seq) - 1 + count).reduce(0) { $0 + $1.utf8.count + 1 }
        do throws(JournalRepair.Refusal) {
            _ = try JournalRepair.cut(
                disk, segment: 1, offset: Int64(offset), randomID: "new", time: 0, dryRun: false)
            Issue.record("it was cut")
        } catch {
            guard case .laterVersion(let fault) = error else { throw error }
            #expect("\(fault)".contains("install ecryptopayd \(refused.version)"))
        }
        #expect(disk.state.names == before.names && disk.state.files.map(\.cache) == before.files.map(\.cache))
    }

    @Test func `a repair of a journal with records that are passed over keeps them`() throws {
        let disk = try sample("later-passed-over")
        let lines = lines(disk)
        let offset = lines.prefix(4).reduce(0) { $0 + $1.utf8.count + 1 }
        let report = try JournalRepair.cut(
            disk, segment: 1, offset: Int64(offset), randomID: "new", time: 0, dryRun: false)
        #expect(report.lastSeq == 4 && report.records == 1)
        #expect(self.lines(disk).prefix(4) == lines.prefix(4))
        #expect(self.lines(disk).last?.contains(#""kind":"opened","format":1,"reads":1,"journal":"new"#) == true)
        #expect(try open(disk) == [1, 2, 3, 4, 5])
    }

    @Test func `damage in front of what a later version wrote is damage, and that one's to repair`() throws {
        let disk = try sample("later-kind")
        var bytes = try #require(disk.content(name(1)))
        let offset = lines(disk)[0].utf8.count + 1
        bytes[offset + 40] ^= 1
        disk.put(bytes, as: name(1))
        let report = try JournalAudit.run(disk)
        #expect(report.problemCount == 2 && report.laterCount == 1)
        #expect(throws: JournalRepair.Refusal.self) {
            try JournalRepair.cut(disk, segment: 1, offset: Int64(offset), randomID: "new", time: 0, dryRun: true)
        }
    }

    @Test func `the version is that of the newest start before the record, also in the segment before`() throws {
        func opened(_ version: String) -> Record {
            .opened(.init(format: 1, journal: "id", version: version, api: "ecryptopay.com:443", client: "shop"))
        }
        let shipped = RecoveryTests.sealed(
            Array(#""seq":5,"durable":4,"time":"2026-11-22T22:31:04.512345Z","kind":"shipped"}"#.utf8))
        let first = line(1, opened("0.1.0")) + line(2, opened("0.2.0")) + line(3) + line(4)
        let disk = disk([1: first, 5: shipped + line(6, opened("0.9.0"))], mark: 6)
        #expect(try JournalAudit.run(disk).laterVersion?.version == "0.2.0")
        #expect("\(try #require(try JournalReader(disk).forEachLine { _, _ in }))".contains("ecryptopayd 0.2.0, which"))
    }

    @Test func `a segment with a record that is passed over is not dropped`() throws {
        let sample = try sample("later-passed-over")
        sample.put(line(6, durable: 5, head), as: name(6))
        var overview = DroppableScan()
        try overview.read(sample, [1, 6], upTo: 6) { true }
        #expect(overview.going(DroppedRanges()) == [])
        let report = Record.received(.init(payment: 42, peer: "unix", report: Array("{}".utf8), deviations: []))
        let refuted = Record.refuted(payment: 42, of: 2, reason: "not-found")
        // Without it, it would be.
        let other = disk(
            [1: segment(1...1) + line(2, report) + line(3, head) + line(4, refuted), 5: line(5, durable: 4, head)])
        var control = DroppableScan()
        try control.read(other, [1, 5], upTo: 5) { true }
        #expect(control.going(DroppedRanges()) == [1...4])
    }
}
