import Dispatch
import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX

@testable import JournalStore

/// A seeded life of a journal: appends, rotations, faults, restarts.
struct CrashSimulation: Simulation {
    static let callsPerCut: UInt64 = 1
    private static let runs = 3
    private static let options = Journal.Options(segmentBytes: 700, version: "1", api: "a", client: "c")

    var random: SplitMix64
    var states = 0
    /// The journal as it was promised: by number less one; nil for what the journal wrote of itself.
    private var promised: [Record?] = []
    private var acknowledged = 0
    /// Every record that was ever handed over, by its mark less one.
    private var submitted: [Record] = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func run() throws {
        var state = DiskState()
        for _ in 0..<Self.runs {
            let moments: [(state: DiskState, acknowledged: Int)]
            (state, moments) = try live(from: state)
            try crash(at: moments.map { Moment(state: $0.state, promise: promised[..<$0.acknowledged]) })
        }
    }

    // MARK: The workload

    /// One run of the program: recovery, appends, and an end. Returns the disk that the next run finds.
    private mutating func live(
        from state: DiskState
    ) throws -> (DiskState, [(state: DiskState, acknowledged: Int)]) {
        let moments = Recorder<(state: DiskState, acknowledged: Int)>()
        let log = CommitLog()
        let before = acknowledged
        let disk = SimulatedDisk(state, keepsCalls: false) { moments.add(($0, max(before, Int(log.committed)))) }
        disk.setFault(FaultPlan(using: &random).fault)
        do {
            let (journal, entries) = try Self.open(disk)
            try check(entries, proven: promised[..<before])
            promised = entries
            acknowledged = entries.count
            journal.setObserver(log)
            try append(to: journal)
            acknowledged = max(acknowledged, Int(log.committed))
            if random.next() % 3 == 0, journal.failure == nil {
                journal.close(time: 0)
                acknowledged = Int(log.committed)
            }
        } catch JournalFault.system {
            // The disk failed while the journal was opened: the next run finds what is there.
        }
        promised += [Record?](repeating: nil, count: max(0, acknowledged - promised.count))
        let end = random.next() % 3 == 0 ? disk.state.afterPowerCut(using: &random) : disk.state
        return (end, moments.all)
    }

    /// Some batches of records of many sizes.
    private mutating func append(to journal: Journal) throws {
        for _ in 0..<2 + random.next() % 3 {
            let defersCommit = random.next() % 2 == 0
            // Held back, so that the batch does not depend on how fast the queue is.
            if !defersCommit { journal.commits.queue.suspend() }
            for _ in 0..<1 + random.next() % 3 {
                let record = makeRecord()
                guard let position = try? journal.append(record, time: 0, defersCommit: defersCommit) else { continue }
                promised += [Record?](repeating: nil, count: Int(position.seq) - promised.count - 1) + [record]
                if let broken = journal.commits.checkInvariants() { throw Violation(broken) }
            }
            if defersCommit { journal.commits.commitDeferred() } else { journal.commits.queue.resume() }
            journal.commits.queue.sync {}
            if let broken = journal.commits.checkInvariants() { throw Violation(broken) }
            // What was rejected leaves its numbers to others.
            promised.removeLast(max(0, promised.count - Int(journal.durable)))
        }
    }

    private mutating func makeRecord() -> Record {
        let mark = submitted.count + 1
        var record = Record.baseline(count: mark)
        if random.next() % 4 == 0 {
            let filler = String(repeating: "x", count: Int(random.next() % (random.next() % 8 == 0 ? 3000 : 200)))
            record = .received(
                .init(payment: Int64(mark), peer: filler, report: Array("{}".utf8), deviations: []))
        }
        submitted.append(record)
        return record
    }

    // MARK: Recovering

    func start(_ disk: SimulatedDisk, _ proven: ArraySlice<Record?>) throws -> ArraySlice<Record?> {
        let entries: [Record?]
        do { (_, entries) = try Self.open(disk) } catch let fault as JournalFault {
            throw Violation("no start: \(fault)")
        }
        try check(entries, proven: proven)
        return entries[...]
    }

    private static func open(_ disk: SimulatedDisk) throws -> (Journal, [Record?]) {
        var entries: [Record?] = []
        var isInOrder = true
        let (journal, _) = try Journal.open(disk, options, randomID: "id", time: 0) { entry, _ in
            entries.append(entry.record)
            isInOrder = isInOrder && entry.seq == entries.count
        }
        guard isInOrder else { throw Violation("records were shown out of order") }
        return (journal, entries)
    }

    /// Every promised record is there, unaltered and in its place, and every record is one that was handed over, once.
    private func check(_ entries: [Record?], proven: ArraySlice<Record?>) throws {
        if entries.count < proven.count {
            throw Violation("\(proven.count) records were acknowledged, \(entries.count) are left")
        }
        for (index, record) in proven.enumerated() where record != nil && record != entries[index] {
            throw Violation("record \(index + 1) was acknowledged as another than it is now")
        }
        var lastMark = 0
        for case let record? in entries {
            guard let mark = Self.mark(record) else { continue }
            if mark <= lastMark || mark > submitted.count || submitted[mark - 1] != record {
                throw Violation("record with mark \(mark) after \(lastMark): twice, disordered or altered")
            }
            lastMark = mark
        }
    }

    private static func mark(_ record: Record) -> Int? {
        switch record {
        case .baseline(let count): count
        case .received(let received): Int(received.payment)
        default: nil
        }
    }
}
