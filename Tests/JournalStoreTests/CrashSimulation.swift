import Dispatch
import JournalFormat
import POSIX
import Synchronization

@testable import JournalStore

/// A seeded life of a journal (appends, rotations, faults, restarts), and a look at what is left of it when the program is
/// killed or the power is cut at every call that changes the disk, and the power again at every such call of each recovery.
struct CrashSimulation {
    /// Something that must never be.
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    /// A disk, and how much of the journal had been promised when it was so.
    private struct Moment: Sendable {
        let state: DiskState
        let acknowledged: Int
    }

    private static let runs = 3
    private static let options = Journal.Options(segmentBytes: 700, version: "1", api: "a", client: "c")

    private var random: SplitMix64
    /// The journal as it was promised: by number less one; nil for what the journal wrote of itself.
    private var promised: [Record?] = []
    private var acknowledged = 0
    /// Every record that was ever handed over, by its mark less one.
    private var submitted: [Record] = []
    /// How many disks were recovered from.
    private(set) var states = 0

    /// Everything that follows depends on the seed alone.
    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// Lives through several runs of the program, and cuts the power at every call of them.
    mutating func run() throws {
        var state = DiskState()
        for _ in 0..<Self.runs {
            let moments: [Moment]
            (state, moments) = try live(from: state)
            for moment in moments {
                let proven = promised[..<moment.acknowledged]
                // Only the program was killed: nothing is lost yet, but by a cut during the recovery it may be.
                try recover(moment.state, proven: proven, cutAgain: true)
                try recover(moment.state.afterPowerCut(using: &random), proven: proven, cutAgain: true)
            }
        }
    }

    // MARK: The workload

    /// One run of the program: recovery, appends, and an end. Answers the disk that the next run finds.
    private mutating func live(from state: DiskState) throws -> (DiskState, [Moment]) {
        let moments = Mutex<[Moment]>([])
        let log = CommitLog()
        let before = acknowledged
        let disk = SimulatedDisk(state, keepsCalls: false) { state in
            let moment = Moment(state: state, acknowledged: max(before, Int(log.committed)))
            moments.withLock { $0.append(moment) }
        }
        disk.setFault(FaultPlan(using: &random).fault)
        do {
            let (journal, entries) = try Self.open(disk)
            try check(entries, proven: promised[..<before])
            promised = entries
            acknowledged = entries.count
            journal.setObserver(log)
            append(to: journal)
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
        return (end, moments.withLock { $0 })
    }

    /// Some batches of records of many sizes.
    private mutating func append(to journal: Journal) {
        for _ in 0..<2 + random.next() % 3 {
            // Held back, so that the batch does not depend on how fast the queue is.
            journal.queue.suspend()
            for _ in 0..<1 + random.next() % 3 {
                let record = makeRecord()
                guard let position = try? journal.append(record, time: 0) else { continue }
                promised += [Record?](repeating: nil, count: Int(position.seq) - promised.count - 1) + [record]
            }
            journal.queue.resume()
            journal.queue.sync {}
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

    /// Recovers from a disk. What was proven must be there; what is there then must stay, though the power be cut again.
    private mutating func recover(
        _ state: DiskState, proven: ArraySlice<Record?>, cutAgain: Bool
    ) throws {
        states += 1
        let calls = Mutex<[DiskState]>([])
        let disk = SimulatedDisk(state, keepsCalls: false) { state in
            if cutAgain { calls.withLock { $0.append(state) } }
        }
        let entries: [Record?]
        do { (_, entries) = try Self.open(disk) } catch { throw Violation(description: "no start: \(error)") }
        try check(entries, proven: proven)
        guard cutAgain else { return }
        for state in calls.withLock({ $0 }) {
            try recover(state.afterPowerCut(using: &random), proven: proven, cutAgain: false)
        }
        try recover(disk.state.afterLosingAll(), proven: entries[...], cutAgain: false)
    }

    private static func open(_ disk: SimulatedDisk) throws -> (Journal, [Record?]) {
        var entries: [Record?] = []
        var isInOrder = true
        let (journal, _) = try Journal.open(disk, options, randomID: "id", time: 0) { entry, _ in
            entries.append(entry.record)
            isInOrder = isInOrder && entry.seq == entries.count
        }
        guard isInOrder else { throw Violation(description: "records were shown out of order") }
        return (journal, entries)
    }

    /// Every promised record is there, unaltered and in its place, and every record is one that was handed over, once.
    private func check(_ entries: [Record?], proven: ArraySlice<Record?>) throws {
        if entries.count < proven.count {
            throw Violation(description: "\(proven.count) records were acknowledged, \(entries.count) are left")
        }
        for (index, record) in proven.enumerated() where record != nil && record != entries[index] {
            throw Violation(description: "record \(index + 1) was acknowledged as another than it is now")
        }
        var lastMark = 0
        for case let record? in entries {
            guard let mark = Self.mark(record) else { continue }
            if mark <= lastMark || mark > submitted.count || submitted[mark - 1] != record {
                throw Violation(description: "record with mark \(mark) after \(lastMark): twice, disordered or altered")
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
