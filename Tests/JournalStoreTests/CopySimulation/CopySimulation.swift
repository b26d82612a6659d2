import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX

@testable import JournalStore

/// A ledger's seeded life, copies of its directory that are made meanwhile, file by file, and snapshots of it that it is set back to.
///
/// A copy or a snapshot is started on, the power is cut at the calls of that start, and again behind it; it is written to, started again, and
/// then the same copy is restored a second time. Everything depends on the seed alone.
struct CopySimulation: SeededLife {
    private static let copiesPerRun = 4
    /// Between two restores, in nanoseconds.
    private static let pause: Int64 = 2_000_000

    var states = 0
    private var random: SplitMix64
    private var life: LedgerCrashSimulation
    /// All that was ever durable.
    private var records: [Int64: Record] = [:]
    /// Later than any record.
    private var now: Int64 = 1_800_000_000_000_000_000

    init(seed: UInt64) {
        random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15)
        life = LedgerCrashSimulation(seed: seed, crashes: false)
    }

    mutating func run() throws {
        var state = DiskState()
        for _ in 0..<3 {
            state = try life.live(from: state)
            for entry in life.history { records[entry.seq] = entry.record }
            if life.timeline.isEmpty { continue }
            for _ in 0..<Self.copiesPerRun {
                try judge(copy())
                try judge(snapshot())
                if let backup = try backup() { try judge(backup) }
            }
        }
    }

    // MARK: What is started on

    /// A directory, and what has to be in it.
    private struct Candidate {
        var state: DiskState
        var directory: Int64
        var isSaidToBeRestored: Bool
        var kind: String { isSaidToBeRestored ? "snapshot" : "copy" }
        /// What had been acknowledged when the copying began.
        var promise: LedgerPromise
        /// Whether segments went while it was copied: what was written in their place need not be in the copy.
        var isPruned: Bool
    }

    /// Each file as of an instant of its own, in any order; names as of the first instant.
    private mutating func copy() -> Candidate {
        let timeline = life.timeline
        let first = index(timeline.count)
        var instant = first
        var state = DiskState()
        var names = timeline[first].state.names.keys.sorted()
        names.shuffle(using: &random)
        let step = [0, 1, 4][index(3)]
        for name in names {
            instant = min(timeline.count - 1, instant + index(step + 1))
            let source = timeline[instant].state
            guard let inode = source.names[name] else { continue }
            var bytes = source.files[inode].cache
            // Of a file that grows, a tool may read what it had at the beginning, and fill up what it has not.
            if random.next() % 8 == 0, name.hasSuffix(".jsonl"), let old = timeline[first].state.names[name],
                old == inode, timeline[first].state.files[old].cache.count < bytes.count
            {
                bytes = timeline[first].state.files[old].cache
            }
            let copied = state.add(name)
            // Nobody has synced it.
            state.apply(.write(offset: 0, bytes: bytes), to: copied)
        }
        let (begin, end) = (timeline[first].promise, timeline[instant].promise)
        return Candidate(
            state: state, directory: 2, isSaidToBeRestored: false, promise: begin,
            isPruned: isPruned(begin, end))
    }

    /// All files as of one instant, as a power cut would leave them.
    private mutating func snapshot() -> Candidate {
        let moment = life.timeline[index(life.timeline.count)]
        let state = random.next() % 2 == 0 ? moment.state : moment.state.afterPowerCut(using: &random)
        return Candidate(
            state: state, directory: LedgerCrashSimulation.directory, isSaidToBeRestored: true, promise: moment.promise,
            isPruned: moment.promise.gaps.mayGrow || moment.promise.begins.upperBound == .max)
    }

    // MARK: Backups

    /// Backups into one directory while time goes on; one or another is killed, or loses the power, at any of its calls. Nil where none was
    /// brought to its end.
    private mutating func backup() throws -> Candidate? {
        let timeline = life.timeline.map(\.state)
        var instant = index(timeline.count)
        // Where the disk refuses the mark, nobody can tell from outside what has been synced.
        for (moment, state) in zip(life.timeline, timeline) where mark(state) < moment.promise.last { return nil }
        // A new life of the program does not go on with the backups of the one before, which were judged.
        var state = DiskState()
        var last: Candidate?
        for _ in 0..<3 {
            let calls = Recorder<DiskState>()
            let target = SimulatedDisk(state, keepsCalls: false) { calls.add($0) }
            let begin = life.timeline[instant].promise
            let source = MovingDisk(timeline, from: instant, step: random.next() % 3, seed: random.next())
            do {
                let report = try JournalBackup.run(from: source, to: target, time: now)
                states += 1
                guard report.manifest.last >= begin.last else {
                    throw Violation("the backup ends with \(report.manifest.last), and \(begin.last) was acknowledged")
                }
                let end = life.timeline[source.instant].promise
                last = Candidate(
                    state: random.next() % 2 == 0 ? target.state.afterLosingAll() : target.state, directory: 3,
                    isSaidToBeRestored: false, promise: begin, isPruned: isPruned(begin, end))
            } catch BackupFault.nothingThere where begin.last == 0 {
            }
            // It is interrupted, and the next one goes on with what it left.
            let moments = calls.all
            state = target.state
            if !moments.isEmpty, random.next() % 2 == 0 {
                let cut = moments[index(moments.count)]
                state = random.next() % 2 == 0 ? cut : cut.afterPowerCut(using: &random)
                last = nil
            }
            instant = source.instant
        }
        return last
    }

    private func mark(_ state: DiskState) -> Int64 {
        state.names[DurableMark.name].flatMap { DurableMark.decode(state.files[$0].cache) } ?? 0
    }

    private func isPruned(_ begin: LedgerPromise, _ end: LedgerPromise) -> Bool {
        begin.begins != end.begins || begin.gaps.certain != end.gaps.certain || begin.gaps.mayGrow || end.gaps.mayGrow
            || end.begins.upperBound == .max
    }

    private mutating func index(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    // MARK: What is required

    private mutating func judge(_ candidate: Candidate) throws {
        // What was made before there was a record is no journal yet, whatever the files beside it say.
        let segments = candidate.state.names.filter { SegmentName.firstSeq(of: $0.key) != nil }.values
        if segments.allSatisfy({ candidate.state.files[$0].cache.isEmpty }), candidate.promise.last == 0 { return }
        let calls = Recorder<DiskState>()
        now += Self.pause
        guard let first = try restore(candidate, candidate.state, calls) else { return }
        for state in calls.all where random.next() % 4 == 0 {
            now += Self.pause
            // Of a copy nothing is on the disk before the start has put it there.
            var cut = candidate
            cut.state = candidate.isSaidToBeRestored ? state.afterPowerCut(using: &random) : state
            guard let again = try restore(cut, cut.state) else { continue }
            guard again.last > candidate.promise.last else { throw Violation("it goes on with \(again.last)") }
        }
        // The next starts are none of a copy, whatever the power does.
        let later = try goOn(candidate, first.state.afterLosingAll(), behind: first.last)
        _ = try goOn(candidate, later.state.afterPowerCut(using: &random), behind: later.last)
        now += Self.pause
        guard let second = try restore(candidate, candidate.state) else {
            throw Violation("it cannot be restored twice")
        }
        guard second.first > later.last else {
            throw Violation("restored again, it goes on with \(second.first), behind \(later.last)")
        }
        // And so does whatever is restored, in any order.
        var whatCameOfIt = candidate
        (whatCameOfIt.state, whatCameOfIt.isSaidToBeRestored, whatCameOfIt.isPruned) = (later.state, true, true)
        now += Self.pause
        guard let third = try restore(whatCameOfIt, later.state), third.first > second.last else {
            throw Violation("what was restored and restored again does not go on behind \(second.last)")
        }
        now += Self.pause
        guard let fourth = try restore(candidate, candidate.state), fourth.first > third.last else {
            throw Violation("restored once more, it does not go on behind \(third.last)")
        }
    }

    /// A start on a copy. Nil where there is nothing in it.
    private mutating func restore(
        _ candidate: Candidate, _ state: DiskState, _ calls: Recorder<DiskState>? = nil
    ) throws -> (state: DiskState, first: Int64, last: Int64)? {
        states += 1
        let disk = SimulatedDisk(state, directory: candidate.directory, keepsCalls: false) { calls?.add($0) }
        let ledger = try started(disk, isRestored: candidate.isSaidToBeRestored)
        defer { ledger.close() }
        guard ledger.recovered.records > 0 else {
            if candidate.promise.last > 0 { throw Violation("it is empty") }
            return nil
        }
        let entries = try life.read(disk, isWhole: true)
        // It had been restored when the power was cut.
        if calls == nil, ledger.recovered.restore == nil, ledger.journal.restore != nil {
            return (disk.state, ledger.durable, ledger.durable)
        }
        guard let (restore, _) = ledger.recovered.restore,
            let head = entries.first(where: { $0.seq > restore.after }), case .opened(let opened) = head.record,
            opened.restore == restore, head.seq == restore.nextSeq
        else { throw Violation("no restore: \(entries.suffix(2))") }
        try check(entries.filter { $0.seq <= restore.after }, candidate)
        let isBaselineComplete = candidate.promise.records.contains {
            if case .baseline = $0.value { true } else { false }
        }
        if isBaselineComplete, !ledger.hasBaseline { throw Violation("the baseline is to be taken anew") }
        if !candidate.isPruned { try judge(ledger, entries) }
        return (disk.state, head.seq, ledger.durable)
    }

    /// What was acknowledged before the copy was begun is in it, and nothing that was not written.
    private func check(_ entries: [Entry], _ candidate: Candidate) throws {
        let found = Dictionary(uniqueKeysWithValues: entries.map { ($0.seq, $0.record) })
        for (seq, record) in found {
            if let known = records[seq], known != record {
                // An earlier start on the same copy has written its own.
                if case .opened = record { continue }
                throw Violation("record \(seq) was \(known), it is \(record)")
            }
        }
        let begin = max(candidate.promise.begins.lowerBound, entries.first?.seq ?? 1)
        for (seq, record) in candidate.promise.records where seq >= begin && found[seq] == nil {
            if candidate.promise.gaps.certain.contains(seq) || candidate.isPruned { continue }
            throw Violation(
                "record \(seq) was acknowledged and is not in the \(candidate.kind), which has \(found.keys.sorted()): \(record)"
            )
        }
        if candidate.isPruned { return }
        var model = LedgerModel()
        for entry in entries { model.apply(entry.record, seq: entry.seq) }
        for (id, reports) in candidate.promise.model.waiting where entries.last?.seq == candidate.promise.last {
            if model.waiting[id] != reports { throw Violation("reports \(reports) of payment \(id) wait no longer") }
        }
    }

    private func judge(_ ledger: FileLedger, _ entries: [Entry]) throws {
        if let broken = ledger.checkInvariants() { throw Violation(broken) }
        var model = LedgerModel()
        for entry in entries { model.apply(entry.record, seq: entry.seq) }
        let picture = LedgerPicture(ledger)
        guard picture.agrees(with: model, isWhole: false) else {
            throw Violation("the records come to \(model), the ledger has \(picture)")
        }
    }

    /// A start on what has been restored before, some work, and an end.
    private mutating func goOn(
        _ candidate: Candidate, _ state: DiskState, behind last: Int64
    ) throws -> (state: DiskState, last: Int64) {
        states += 1
        let disk = SimulatedDisk(state, directory: candidate.directory, keepsCalls: false)
        let ledger = try started(disk, isRestored: false)
        guard ledger.recovered.restore == nil else { throw Violation("it is restored once more") }
        guard ledger.journal.restore != nil else { throw Violation("it does not know of its restore") }
        try ledger.configure(endpoints: ["c"])
        try ledger.configure(endpoints: [])
        let end = ledger.durable
        ledger.close()
        let seqs = try life.read(disk, isWhole: true).map(\.seq).filter { $0 >= last }
        // The last record, the start's, two and the end's.
        guard seqs.count >= 4, zip(seqs, seqs.dropFirst()).allSatisfy({ $1 == $0 + 1 }) else {
            throw Violation("behind \(last) follow \(seqs)")
        }
        return (disk.state, end)
    }

    private func started(_ disk: SimulatedDisk, isRestored: Bool) throws -> FileLedger {
        do { return try open(disk, isRestored: isRestored) } catch {
            let files = disk.state.names.keys.sorted().map { "\($0) \(disk.content($0)?.count ?? 0)" }
            throw Violation("no start\(isRestored ? " --restored" : ""): \(error)\n\(files)")
        }
    }

    private func open(_ disk: SimulatedDisk, isRestored: Bool) throws(JournalFault) -> FileLedger {
        var options = Journal.Options.test(segmentBytes: life.segmentBytes)
        options.isRestored = isRestored
        let now = now
        return try FileLedger(
            disk, LedgerFixture.options(), journal: options, randomID: "fresh", seed: 1,
            in: JournalEnvironment(monotonic: { 0 }, realtime: { now }))
    }
}
