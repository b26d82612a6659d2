import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import POSIX

@testable import JournalStore

/// A seeded life of a ledger: reports, verdicts, checkpoints, pruning, drops, compactions, repairs, faults, restarts.
struct LedgerCrashSimulation: Simulation {
    static let callsPerCut: UInt64 = 4
    private static let runs = 4
    /// Where the journal is.
    static let directory: Int64 = 1

    var random: SplitMix64
    var states = 0
    let crashes: Bool
    private var world = PaymentWorld()
    let segmentBytes: Int64
    /// What is promised now.
    var promise = LedgerPromise()
    /// All that became durable in one run of the program.
    private(set) var history: [Entry] = []
    /// The disk after each change of the last run, with what was promised then.
    private(set) var timeline: [Moment<LedgerPromise>] = []

    init(seed: UInt64) { self.init(seed: seed, crashes: true) }

    init(seed: UInt64, crashes: Bool) {
        self.crashes = crashes
        random = SplitMix64(seed: seed)
        segmentBytes = [500, 900, 2500].randomElement(using: &random)!
    }

    mutating func run() throws {
        var state = DiskState()
        for _ in 0..<Self.runs {
            state = try live(from: state)
            if random.next() % 2 == 0 { state = try prune(state) }
            if random.next() % 6 == 0 { state = try repair(state) }
            if random.next() % 8 == 0 { damageCheckpoint(&state) }
        }
    }

    private mutating func damageCheckpoint(_ state: inout DiskState) {
        guard let inode = state.names[Checkpoint.name], !state.files[inode].cache.isEmpty else { return }
        let index = Int(random.next() % UInt64(state.files[inode].cache.count))
        state.files[inode].cache[index] ^= 1 << UInt8(random.next() % 8)
        state.files[inode].durable = state.files[inode].cache
        state.files[inode].pending = []
    }

    // MARK: One run of the program

    /// A start, some work, and an end, all of it crashed. Returns the disk that the next one finds.
    mutating func live(from state: DiskState) throws -> DiskState {
        let moments = Recorder<(state: DiskState, mark: RunMark.Value)>()
        let mark = RunMark(begins: promise.begins, gaps: promise.gaps)
        let before = promise
        let disk = SimulatedDisk(state, directory: Self.directory, keepsCalls: false) {
            moments.add(($0, mark.value))
        }
        disk.setFault(FaultPlan(using: &random).fault)
        history.removeAll()
        do {
            let driver = try LedgerDriver(disk, segmentBytes: segmentBytes, id: "id", mark: mark)
            promise = try inspect(driver.ledger, on: disk, startedFrom: state, promise)
            mark.set(durable: driver.ledger.durable)
            mark.set(begins: promise.begins, gaps: promise.gaps)
            try work(driver, disk, mark)
            try note(disk, upTo: mark.value.durable)
            promise.extend(with: history, upTo: mark.value.durable)
            (promise.begins, promise.gaps) = (mark.value.begins, mark.value.gaps)
            try check(driver)
        } catch JournalFault.system {
            // The disk failed while the ledger was opened: the next run finds what is there.
        }
        var acknowledged = before
        timeline = moments.all.map { moment in
            acknowledged.extend(with: history, upTo: moment.mark.durable)
            (acknowledged.begins, acknowledged.gaps) = (moment.mark.begins, moment.mark.gaps)
            return Moment(state: moment.state, promise: acknowledged)
        }
        try crash(at: timeline)
        return crashes && random.next() % 3 == 0 ? disk.state.afterPowerCut(using: &random) : disk.state
    }

    private mutating func work(_ driver: LedgerDriver, _ disk: SimulatedDisk, _ mark: RunMark) throws {
        driver.completeBaseline()
        for _ in 0..<2 + random.next() % 3 {
            for _ in 0..<1 + random.next() % 4 {
                try act(driver)
                if let broken = driver.ledger.checkInvariants() { throw Violation(broken) }
            }
            driver.turn()
            if let broken = driver.ledger.checkInvariants() { throw Violation(broken) }
        }
        if random.next() % 2 == 0 { try settleAll(driver) }
        if random.next() % 3 == 0 {
            try flood(driver)
            if random.next() % 4 != 0 { try drop(driver, disk, mark) }
            if random.next() % 4 != 0 { try compact(driver, disk, mark) }
        }
        if random.next() % 3 == 0 { try prune(driver, disk, mark) }
        if random.next() % 8 == 0 { try drop(driver, disk, mark) }
        if random.next() % 6 == 0 { try compact(driver, disk, mark) }
        if random.next() % 3 == 0 { driver.close() }
    }

    private mutating func act(_ driver: LedgerDriver) throws {
        switch random.next() % 11 {
        case 0...3:
            let (report, mark) = try world.report(using: &random)
            driver.record(report, mark: mark)
        case 4...6:
            try driver.settle { claim in try world.answer(claim.id, using: &random) }
        case 7: driver.configure(endpoints: [["a"], ["a", "b"], ["b"], []][Int(random.next() % 4)])
        case 8, 9: driver.deliver(to: random.next() % 2 == 0 ? "a" : "b", isTaken: random.next() % 3 != 0)
        default: driver.checkpoint()
        }
    }

    /// Takes down what stands in the journal now, since it may be pruned later.
    mutating func note(_ disk: SimulatedDisk, upTo durable: Int64) throws {
        let last = history.last?.seq ?? 0
        history += try read(disk).filter { $0.seq > last && $0.seq <= durable }
    }

    /// Leaves nothing waiting, so that pruning finds something.
    private mutating func settleAll(_ driver: LedgerDriver) throws {
        for id in LedgerPicture(driver.ledger).aside.keys.sorted() {
            let (report, mark) = try world.changes(of: id)
            driver.record(report, mark: mark)
        }
        for _ in 0..<12 {
            driver.turn()
            try driver.settle { claim in (try world.truth(claim.id), false) }
        }
        driver.turn()
        for endpoint in ["a", "b"] { for _ in 0..<12 { driver.deliver(to: endpoint, isTaken: true) } }
        driver.turn()
    }

    /// A forger's reports, most of which are refuted.
    private mutating func flood(_ driver: LedgerDriver) throws {
        if random.next() % 4 != 0 { try settleAll(driver) }
        for _ in 0..<2 + random.next() % 5 {
            let (report, mark) = try world.forgery(using: &random)
            driver.record(report, mark: mark)
            if random.next() % 6 == 0 { driver.checkpoint() }
            driver.turn()
            if random.next() % 6 != 0 { try driver.settle { claim in (try world.truth(claim.id), false) } }
            driver.turn()
        }
    }

    /// Reports that may be acknowledged are in the journal, each as it came or as one that says the same, and so are answers.
    private func check(_ driver: LedgerDriver) throws {
        let records = Dictionary(uniqueKeysWithValues: history.map { ($0.seq, $0.record) })
        for offer in driver.offers where offer.seq <= promise.last {
            let report = world.reports[offer.mark - 1]
            guard case .received(let received)? = records[offer.seq], let mark = Int(received.peer),
                received.payment == report.id, world.reports[mark - 1].summary == report.summary
            else { throw Violation("report \(offer.mark) was acknowledged with record \(offer.seq), which is another") }
        }
        for (seq, answer) in driver.settled.all where seq <= promise.last {
            guard case .confirmed(let confirmed)? = records[seq], confirmed.current == answer else {
                throw Violation("record \(seq) is not the confirmation that it was said to be")
            }
        }
    }

    // MARK: Recovering

    func start(_ disk: SimulatedDisk, _ promise: LedgerPromise) throws -> LedgerPromise {
        var state = disk.state
        try promise.checkSetAside(state)
        var ledger: FileLedger?
        do { ledger = try open(disk) } catch {
            guard let order = promise.order else { throw Violation("no start: \(error)") }
            try perform(order, on: disk)
            state = disk.state
        }
        do { return try inspect(ledger ?? open(disk), on: disk, startedFrom: state, promise) } catch {
            throw error as? Violation ?? Violation("no start after the repair was run again: \(error)")
        }
    }

    func open(_ disk: SimulatedDisk) throws(JournalFault) -> FileLedger {
        try FileLedger(
            disk, LedgerFixture.options(), journal: .test(segmentBytes: segmentBytes), randomID: "fresh", seed: 1,
            in: JournalEnvironment(monotonic: { 0 }, realtime: { 0 }))
    }

    /// Requires that a ledger that has just been started keeps a promise; returns what it promises.
    func inspect(
        _ ledger: FileLedger, on disk: SimulatedDisk, startedFrom state: DiskState, _ promise: LedgerPromise
    ) throws -> LedgerPromise {
        let entries = try read(disk, isWhole: true)
        let found = try promise.check(entries, id: ledger.journal.id)
        try checkMarks(entries)
        var model = LedgerModel()
        for entry in entries { model.apply(entry.record, seq: entry.seq) }
        let picture = LedgerPicture(ledger)
        try disk.withoutFaults { try picture.readBack(ledger) }
        let isWhole = found.begins.lowerBound == 1 && found.gaps.certain.isEmpty
        guard picture.agrees(with: model, isWhole: isWhole) else {
            throw Violation("the records come to \(model), the ledger has \(picture)")
        }
        guard state.names[Checkpoint.name] != nil else { return found }
        let bare = SimulatedDisk(state, keepsCalls: false)
        bare.remove(Checkpoint.name)
        let other: LedgerPicture
        do { other = LedgerPicture(try open(bare)) } catch {
            throw Violation("no start without the checkpoint: \(error)")
        }
        guard isWhole ? picture == other : picture.withoutTotals == other.withoutTotals else {
            throw Violation("with the checkpoint the ledger has \(picture), without it \(other)")
        }
        return found
    }

    /// All that stands in the journal, or all before the first bad line.
    func read(_ disk: SimulatedDisk, isWhole: Bool = false) throws -> [Entry] {
        var entries: [Entry] = []
        let fault = try disk.withoutFaults { try JournalReader(disk).forEachLine { entries.append($1) } }
        if isWhole, let fault { throw Violation("the journal does not read: \(fault)") }
        return entries
    }

    /// Every report is one that was made, as it was made, and stands there once; and so does every answer.
    private func checkMarks(_ entries: [Entry]) throws {
        var last = 0
        var answers: Set<[UInt8]> = []
        for entry in entries {
            switch entry.record {
            case .received(let received):
                guard let mark = Int(received.peer), mark > last, mark <= world.reports.count,
                    world.reports[mark - 1].json == received.report
                else { throw Violation("record \(entry.seq) is twice, disordered or altered: \(received)") }
                last = mark
            case .confirmed(let confirmed):
                guard answers.insert(confirmed.current).inserted else {
                    throw Violation("the answer of record \(entry.seq) is there twice: \(confirmed)")
                }
            default: break
            }
        }
    }
}
