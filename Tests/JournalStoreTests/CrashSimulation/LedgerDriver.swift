import Dispatch
import JournalFormat
import JournalStore
import JournalStoreSimulation
import Ledger
import Payments
import Synchronization

@testable import JournalStore

/// One run of the ledger in which only one thing happens at a time, so that the same seed gives the same calls of the disk.
///
/// The journal's queue is held back but in ``turn()``: what is begun between two turns is one batch.
final class LedgerDriver {
    /// A report that may be acknowledged once the record `seq` is durable.
    struct Offer {
        let seq: Int64
        let mark: Int
    }

    let ledger: FileLedger
    /// The reports whose records are durable.
    private(set) var offers: [Offer] = []
    /// The answers that were journaled, each with the number of its record.
    let settled = Recorder<(seq: Int64, answer: [UInt8])>()
    private let rejections = Rejections()

    private let clock = ManualClock()
    private let executor = ManualExecutor()

    /// Starts the ledger; `mark` hears how far it is durable.
    init(_ disk: SimulatedDisk, segmentBytes: Int64, id: String, mark: RunMark) throws(JournalFault) {
        let clock = clock
        ledger = try FileLedger(
            disk, LedgerFixture.options(), journal: .test(segmentBytes: segmentBytes), randomID: id, seed: 1,
            in: JournalEnvironment(monotonic: { clock.now }, realtime: { clock.now }))
        ledger.addObserver(mark)
        ledger.addObserver(rejections)
        ledger.journal.commits.queue.suspend()
    }

    deinit {
        // A queue that is suspended cannot be let go.
        ledger.journal.commits.queue.resume()
    }

    /// Lets time pass.
    func pass(_ duration: Duration) { clock.pass(duration) }

    func record(_ report: ReportedPayment, mark: Int) {
        if case .pending(let seq) = ledger.record(report, peer: "\(mark)") {
            offers.append(Offer(seq: seq, mark: mark))
        }
    }

    /// Begins the call of the next payment that is due, if there is one, and settles it. What stays unknown may be given up.
    func settle(_ answer: (Claim) throws -> (Answer, isGivenUp: Bool)) rethrows {
        clock.pass(.seconds(3600))
        guard let claim = ledger.claim() else { return }
        let (answer, isGivenUp) = try answer(claim)
        var options = LedgerFixture.options()
        if isGivenUp { options.limits.confirmWindow = .seconds(-3600) }
        ledger.update(options)
        Task(executorPreference: executor) { [ledger, settled] in
            let settlement = try? await ledger.settle(claim, answer, cause: .webhook)
            if let seq = settlement?.confirmedSeq, case .payment(let payment) = answer {
                settled.add((seq, payment.json))
            }
        }
        runTasks()
        ledger.update(LedgerFixture.options())
    }

    /// Takes a checkpoint of what has been recorded, and writes it when that is durable.
    func checkpoint() {
        // Nothing else may be on its way: it could come before or after.
        runTasks()
        Task(executorPreference: executor) { [ledger] in _ = await ledger.checkpoint() }
        _ = executor.run()
        withJournal { ledger.maintenanceQueue.sync {} }
    }

    /// Says where news go.
    func configure(endpoints: [String]) {
        runTasks()
        // What the disk refuses is for the next run.
        _ = try? withJournal { try ledger.configure(endpoints: endpoints) }
    }

    /// Delivers what is due to an endpoint, or tries in vain.
    func deliver(to endpoint: String, isTaken: Bool) {
        clock.pass(.seconds(200_000))
        guard let claim = ledger.claimDelivery(for: endpoint) else { return }
        let failure = DeliveryFailure(status: 500, error: "500")
        _ = try? ledger.conclude(claim, isTaken ? .accepted(status: 200) : .failed(failure))
    }

    /// Completes the baseline with an empty listing, unless there is one: without it nothing may be pruned.
    func completeBaseline() {
        guard !ledger.hasBaseline, ledger.beginListing() else { return }
        // What the disk refuses is for the next run.
        _ = try? withJournal { try ledger.endListing(isWhole: true) }
    }

    /// Drops old segments in which everything is settled.
    func prune() throws -> PruneReport {
        try withJournal { try ledger.prune(before: .max) }
    }

    /// Drops segments with nothing but reports that were refuted or told nothing.
    func drop() throws(JournalFault) -> PruneReport {
        try withJournal { () throws(JournalFault) in try ledger.dropRefuted() }
    }

    /// Has reports that have their verdict go from within segments that stay.
    func compact() throws(JournalFault) -> PruneReport {
        try withJournal { () throws(JournalFault) in try ledger.compact() }
    }

    /// Lets all that was begun come to its end.
    func turn() {
        repeat { withJournal {} } while runTasks()
    }

    /// Ends the journal cleanly.
    func close() { withJournal { ledger.close() } }

    /// Lets the journal write what waits while something is done.
    func withJournal<Value, Fault: Error>(_ body: () throws(Fault) -> Value) throws(Fault) -> Value {
        ledger.journal.commits.queue.resume()
        defer {
            ledger.journal.commits.queue.sync {}
            ledger.journal.commits.queue.suspend()
            // What was rejected leaves its numbers to others.
            if let last = rejections.take() { offers.removeAll { $0.seq > last } }
        }
        return try body()
    }

    /// Runs tasks until all wait for the journal; returns whether there was anything to run.
    @discardableResult
    private func runTasks() -> Bool {
        var didRun = false
        while executor.run() {
            didRun = true
            ledger.readQueue.sync {}
        }
        return didRun
    }
}

/// What the disk has refused.
private final class Rejections: LedgerObserver {
    private let first = Mutex<Int64?>(nil)

    /// The last record before the first that was lost since it was asked for last.
    func take() -> Int64? {
        first.withLock { first in
            defer { first = nil }
            return first
        }
    }

    func ledgerDidReject(after position: Int64, reason: String) {
        first.withLock { $0 = min($0 ?? .max, position) }
    }
}

/// How far a run of the ledger has come, for whoever looks at the disk meanwhile.
final class RunMark: LedgerObserver {
    struct Value: Sendable {
        var durable: Int64 = 0
        /// Where the journal may begin.
        var begins: ClosedRange<Int64>
        /// What may be missing behind that.
        var gaps: LedgerPromise.Gaps
    }

    private let state: Mutex<Value>

    init(begins: ClosedRange<Int64>, gaps: LedgerPromise.Gaps) {
        state = Mutex(Value(begins: begins, gaps: gaps))
    }

    var value: Value { state.withLock { $0 } }

    func set(durable: Int64) { state.withLock { $0.durable = durable } }

    func set(begins: ClosedRange<Int64>, gaps: LedgerPromise.Gaps) {
        state.withLock { ($0.begins, $0.gaps) = (begins, gaps) }
    }

    func ledgerDidCommit(upTo position: Int64) { set(durable: position) }
}
