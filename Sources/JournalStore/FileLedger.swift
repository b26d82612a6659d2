import Dispatch
public import JournalFormat
public import POSIX
public import Payments
import Synchronization

/// The ledger's file form: the journal, and its state derived from it by replay.
public final class FileLedger: Sendable {
    /// What an operator can set.
    public struct Options: Sendable {
        /// Bounds of the state.
        public var limits: LedgerState.Limits
        /// With less free disk, no report is taken; verdicts are.
        public var minimumFreeBytes: Int64

        /// Sets both.
        public init(limits: LedgerState.Limits, minimumFreeBytes: Int64) {
            self.limits = limits
            self.minimumFreeBytes = minimumFreeBytes
        }
    }

    let journal: Journal
    let state: Mutex<LedgerState>
    private let space: SpaceGauge
    let waiters = CommitWaiters()
    /// For each call under way, the wait for its reports where they were not durable when it began.
    private let claimed = Mutex<[PaymentID: CommitTicket]>([:])
    let observers = Mutex<[any LedgerObserver]>([])
    private let minimumFreeBytes: Atomic<Int64>
    /// What is known of the segments for ``dropRefuted(while:)``.
    let survey = Mutex(RefutedSurvey())
    private let slowCommits = Atomic(0)
    let surroundings: Surroundings
    /// What a record takes beside its report, about.
    private static let recordBytes = 256
    /// Whether there was a flood when somebody last asked for something to do.
    private let wasFlooded = Atomic(false)
    /// Changed under the state's lock only.
    let frontier = Mutex(Frontier())
    /// The record of the last checkpoint that was written or tried.
    let checkpointed: Atomic<Int64>

    /// How far the state reflects the journal.
    struct Frontier {
        /// The last record that the state reflects, or that is on its way to it.
        var last: JournalPosition?
        /// Decisions whose records have been appended and are not applied yet: until then the state is of no one moment.
        var underWay = 0
    }
    /// Where blocking reads happen: Swift's cooperative threads must not wait for a disk.
    let readQueue: any SerialQueue
    /// Where an operator's questions look at the disk: no verdict waits for them.
    let surveyQueue: any SerialQueue
    let lastTimes = Mutex(LastTimes())

    /// Where checkpoints are written and old segments dropped, one after the other.
    let maintenanceQueue: any SerialQueue

    /// What opening found.
    public let recovered: Journal.Recovered

    /// Recovers the journal on a disk and derives the state from it. Schedules run on `clock`, in nanoseconds; `progress`
    /// hears of the bytes read so far.
    public convenience init(
        _ disk: any Disk, _ options: Options, journal journalOptions: Journal.Options, randomID: String, seed: UInt64,
        clock: @escaping @Sendable () -> Int64 = { Clock.monotonic() }, progress: (Int64) -> Void = { _ in }
    ) throws(JournalFault) {
        try self.init(
            disk, options, journal: journalOptions, randomID: randomID, seed: seed, in: Surroundings(monotonic: clock),
            progress: progress)
    }

    /// The same in the surroundings that are given.
    init(
        _ disk: any Disk, _ options: Options, journal journalOptions: Journal.Options, randomID: String, seed: UInt64,
        in surroundings: Surroundings, progress: (Int64) -> Void = { _ in }
    ) throws(JournalFault) {
        self.surroundings = surroundings
        readQueue = surroundings.queue("ecryptopayd.ledger.read", .unspecified)
        surveyQueue = surroundings.queue("ecryptopayd.ledger.survey", .utility)
        maintenanceQueue = surroundings.queue("ecryptopayd.ledger.maintenance", .utility)
        var state = LedgerState(
            limits: options.limits, seed: seed, now: Instant(nanoseconds: surroundings.monotonic()))
        var last: JournalPosition?
        // Without one that is whole and fits, everything is read: that costs time, nothing else.
        var checkpoint = Checkpoint.read(disk)
        if let found = checkpoint, found.isUsable, state.restore(found.snapshot) {
            last = JournalPosition(seq: found.seq, offset: found.offset)
            // Only refuted ones are dropped: they have been since the checkpoint was taken.
            let dropped: DroppedRanges
            do throws(SystemError) { dropped = try DroppedRanges.read(from: disk) } catch { throw .system(error) }
            state.forgetReports { dropped.contains($0) }
        } else {
            checkpoint?.isUsable = false
        }
        (journal, recovered) = try Journal.open(
            disk, journalOptions, randomID: randomID, time: surroundings.realtime(), from: checkpoint,
            in: surroundings, progress: progress
        ) { entry, line, offset in
            // The head of the checkpoint's segment is shown too, and stands before what the state reflects already.
            guard entry.seq > last?.seq ?? 0 else { return }
            state.replay(entry, line, offset: offset)
            last = JournalPosition(seq: entry.seq, offset: offset)
        }
        if !state.endpoints.isEmpty { journal.keep(endpoints: state.endpoints) }
        frontier.withLock { $0.last = last }
        checkpointed = Atomic(checkpoint?.isUsable == true ? checkpoint?.seq ?? 0 : 0)
        // The first start of all has no record of it yet to read.
        state.opened(at: surroundings.realtime())
        state.resume(now: Instant(nanoseconds: surroundings.monotonic()))
        self.state = Mutex(state)
        space = SpaceGauge(disk, clock: surroundings.monotonic)
        minimumFreeBytes = Atomic(options.minimumFreeBytes)
        // What recovery has proven is durable, though nobody was there to be told.
        waiters.commit(upTo: journal.durable)
        journal.setObserver(self)
    }

    /// Every record up to this is durable.
    public var durable: Int64 { journal.durable }

    /// Changes bounds at run time.
    public func update(_ options: Options) {
        state.withLock { $0.limits = options.limits }
        minimumFreeBytes.store(options.minimumFreeBytes, ordering: .relaxed)
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension FileLedger: KeptLedger {
    public var journalID: String { journal.id }

    public var failure: String? { journal.failure.map { JournalUnavailable.failed($0).description } }

    public var unavailability: String? { failure ?? (isShortOfSpace ? shortOfSpace : nil) }

    /// The disk's, at most a second old.
    public var room: LedgerRoom? { LedgerRoom(freeBytes: freeBytes, minimumFreeBytes: minimumFree) }

    public var slowCommitCount: Int { slowCommits.load(ordering: .relaxed) }

    public var adviceWhenSlow: String { "look for what else uses the disk, and whether it is failing" }

    public var holdsGatherer: Bool { journal.holdsGatherer }

    public func makesProgress(within limit: Duration) -> Bool { journal.makesProgress(within: limit) }

    public func close() { journal.close(time: wallClock()) }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension FileLedger: Ledger {
    public var counts: LedgerCounts { state.withLock { $0.counts } }

    /// A position is a record's number.
    public var committed: Int64 { durable }

    public var advice: String { "see that the disk has room and is sound" }

    public func addObserver(_ observer: any LedgerObserver) {
        observers.withLock { $0.append(observer) }
    }

    public func commit() { journal.commitGathered() }

    public func record(_ report: ReportedPayment, peer: String, gathers: Bool) -> Reception {
        // After a failed sync nothing is acknowledged any more, not even what has long been durable.
        if let failure = journal.failure { return .unavailable("\(JournalUnavailable.failed(failure))") }
        let now = now()
        guard space.hasRoom(minimumFree, now: now.nanoseconds) else { return .unavailable(shortOfSpace) }
        var isCovered = false
        // No commit will tell of it, and it may be due at once.
        defer { if isCovered { rescheduled() } }
        // Held over admission and append, so that the state knows records in the order of their numbers.
        return state.withLock { state in
            switch state.admit(report) {
            case .known:
                state.noteAnnouncement()
                return .known
            case .full: return .unavailable("too many payments that were never confirmed wait already")
            case .covered(let seq):
                state.covered(report, by: seq, now: now)
                isCovered = true
                return .pending(seq)
            case .journal:
                let record = Record.received(
                    Record.Received(
                        payment: report.id, peer: peer, report: report.json, deviations: report.deviations))
                do throws(JournalUnavailable) {
                    let position = try journal.append(record, time: wallClock(), gathers: gathers)
                    space.spend(report.json.count + Self.recordBytes)
                    frontier.withLock { $0.last = position }
                    state.received(report.summary, seq: position.seq, offset: position.offset, now: now)
                    return .pending(position.seq)
                } catch {
                    return .unavailable("\(error)")
                }
            }
        }
    }

    public func claim(wanting count: Int) -> Claim? { claim() }

    /// Takes the next payment that is due: there is nobody else to ask.
    public func claim() -> Claim? {
        let (claim, isFlooded) = state.withLock { state in
            let claim = state.claim(now: now())
            if let claim { noteTicket(claim) }
            return (claim, state.isFlooded)
        }
        // What waited for its time has fallen due, and no commit tells of that.
        if isFlooded != wasFlooded.exchange(isFlooded, ordering: .relaxed), isFlooded { rescheduled() }
        return claim
    }

    public func claim(_ id: PaymentID) -> Claim? {
        state.withLock { state in
            let claim = state.claim(id, now: now())
            if let claim { noteTicket(claim) }
            return claim
        }
    }

    /// Under the state's lock: later the number may be another record's.
    private func noteTicket(_ claim: Claim) {
        guard let last = claim.reports.last, last.seq > journal.durable else { return }
        let ticket = waiters.ticket(for: last.seq)
        claimed.withLock { $0[claim.id] = ticket }
    }

    public var pausedUntil: Instant { state.withLock { $0.pausedUntil } }

    public func takeUpAbandoned() {
        state.withLock { $0.takeUpAbandoned(now: now()) }
        rescheduled()
    }

    public func nextDue() -> Instant? {
        state.withLock { $0.nextDue() }
    }

    public func pause(_ duration: Duration) {
        state.withLock { $0.pause(duration, now: now()) }
    }

    public func settle(_ claim: Claim, _ answer: Answer, cause: Record.Cause) async throws -> Settlement {
        if case .payment = answer { state.withLock { $0.noteAnswered(claim) } }
        let reports: [ClaimedReport]
        do { reports = try await readBack(claim) } catch {
            state.withLock { $0.release(claim, now: now()) }
            throw error
        }
        let decision = state.withLock { state in
            let judgement = state.judge(claim, answer, reports, now: now(), wallClock: wallClock())
            return decide(claim, judgement, cause)
        }
        let result = await decision.ticket.result
        let failure = decision.failure ?? result.failure
        state.withLock { apply(decision, upTo: result.durable, isComplete: failure == nil, to: &$0) }
        if decision.judgement.confirmation?.isNews == true { tellOfNews() }
        if let failure { throw failure }
        settled(decision.settlement)
        return decision.settlement
    }
}

// Settling.
extension FileLedger {
    /// What an answer came to, on its way to the disk.
    struct Decision {
        let claim: Claim
        let judgement: Judgement
        let cause: Record.Cause
        /// The numbers of its records, in order.
        var written: [JournalPosition] = []
        /// Why there are fewer than the judgement has.
        var failure: JournalUnavailable?
        let ticket: CommitTicket

        var settlement: Settlement {
            Settlement(
                id: claim.id, cause: cause, judgement: judgement,
                confirmedSeq: judgement.confirmation == nil ? nil : written.first?.seq)
        }
    }

    /// Appends what there is to write; the state stays as it is until that is durable. To be called under the state's lock.
    func decide(_ claim: Claim, _ judgement: Judgement, _ cause: Record.Cause) -> Decision {
        var written: [JournalPosition] = []
        var failure: JournalUnavailable?
        do throws(JournalUnavailable) {
            for record in judgement.records(payment: claim.id, cause: cause) {
                let position = try journal.append(record, time: wallClock())
                frontier.withLock { $0.last = position }
                written.append(position)
            }
        } catch {
            failure = error
        }
        frontier.withLock { $0.underWay += 1 }
        // Asked for before the lock is let go: a rejection takes it first, so no ticket is for a number given twice.
        return Decision(
            claim: claim, judgement: judgement, cause: cause, written: written, failure: failure,
            ticket: waiters.ticket(for: written.last?.seq ?? 0))
    }

    /// Applies those records that became durable. When others did not, the claim comes to nothing beyond them.
    func apply(_ decision: Decision, upTo durable: Int64, isComplete: Bool, to state: inout LedgerState) {
        let judgement = decision.judgement
        let claim = decision.claim
        var written = decision.written.prefix { $0.seq <= durable }
        if let confirmation = judgement.confirmation, let position = written.popFirst() {
            state.confirmed(
                confirmation.payment.summary, of: confirmation.of, seq: position.seq, callBegan: claim.began)
            state.noteCause(decision.cause, isNews: confirmation.isNews)
            if confirmation.isNews { state.announced(claim.id, DeliveryPosition(position), now: now()) }
        }
        for refutation in judgement.refutations where written.popFirst() != nil {
            state.refuted(claim.id, of: refutation.of)
        }
        if let abandonment = judgement.abandonment, let position = written.popFirst() {
            state.abandoned(claim.id, of: abandonment.of, seq: position.seq)
        }
        if isComplete {
            state.conclude(claim, judgement, now: now())
        } else {
            state.release(claim, now: now())
        }
        frontier.withLock { $0.underWay -= 1 }
    }

    /// Reads the reports that a claim answers from the journal.
    private func readBack(_ claim: Claim) async throws -> [ClaimedReport] {
        if let ticket = claimed.withLock({ $0.removeValue(forKey: claim.id) }),
            let failure = await ticket.result.failure
        {
            throw failure
        }
        return try await withCheckedThrowingContinuation { continuation in
            readQueue.enqueue { [journal] in
                continuation.resume(
                    with: Result {
                        try journal.reports(of: claim)
                    })
            }
        }
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension FileLedger: JournalObserver {
    public func journalDidCommit(upTo seq: Int64, syncNanoseconds: Int64) {
        waiters.commit(upTo: seq)
        let isSlow = syncNanoseconds >= 1_000_000_000
        if isSlow { slowCommits.add(1, ordering: .relaxed) }
        for observer in observers.withLock({ $0 }) {
            observer.ledgerDidCommit(upTo: seq)
            observer.ledgerDidSync(.nanoseconds(syncNanoseconds))
            if isSlow { observer.ledgerWasSlow(.nanoseconds(syncNanoseconds)) }
        }
    }

    public func journalDidReject(after seq: Int64, _ error: SystemError) {
        state.withLock { state in
            state.rollBack(after: seq)
            frontier.withLock { frontier in
                if let last = frontier.last, last.seq > seq { frontier.last = nil }
            }
        }
        waiters.reject(after: seq, error)
        for observer in observers.withLock({ $0 }) {
            observer.ledgerDidReject(after: seq, reason: JournalUnavailable.rejected(error).description)
        }
    }

    public func journalDidFail(_ error: SystemError) {
        waiters.fail(error)
        for observer in observers.withLock({ $0 }) {
            observer.ledgerDidFail(reason: JournalUnavailable.failed(error).description, errno: error.errno)
        }
    }
}

extension FileLedger {
    /// Tells the observers to look again at what is due.
    func rescheduled() {
        for observer in observers.withLock({ $0 }) { observer.ledgerDidReschedule() }
    }

    /// Tells the observers what an answer came to.
    func settled(_ settlement: Settlement) {
        for observer in observers.withLock({ $0 }) { observer.ledgerDidSettle(settlement) }
    }

    /// Has the observers told why a checkpoint is not there.
    func missedCheckpoint(_ error: any Error) {
        for observer in observers.withLock({ $0 }) { observer.ledgerMissedCheckpoint(reason: "\(error)") }
    }
}

extension FileLedger {
    /// With less free disk, no report is taken.
    public var minimumFree: Int64 { minimumFreeBytes.load(ordering: .relaxed) }

    /// How much of the disk is free, at most a second old.
    var freeBytes: Int64 { space.freeBytes }

    private var isShortOfSpace: Bool { freeBytes < minimumFree }

    private var shortOfSpace: String {
        "the disk has \(freeBytes) bytes free, fewer than ECRYPTOPAY_MIN_FREE_BYTES=\(minimumFree)"
    }

    func now() -> Instant { Instant(nanoseconds: surroundings.monotonic()) }

    func wallClock() -> Int64 { surroundings.realtime() }
}

extension Journal {
    /// The reports that a claim answers.
    func reports(of claim: Claim) throws -> [ClaimedReport] {
        try claim.reports.map { waiting in
            let entry = try read(JournalPosition(seq: waiting.seq, offset: waiting.offset))
            return try entry.claimedReport(waiting)
        }
    }
}

extension Entry {
    /// The report that a `received` record holds.
    fileprivate func claimedReport(_ waiting: WaitingReport) throws -> ClaimedReport {
        guard case .received(let received) = record else {
            throw JournalFault.unreadable(
                segment: SegmentName.name(firstSeq: seq), offset: waiting.offset,
                fault: .content("record \(seq) is not a report"))
        }
        return ClaimedReport(
            waiting: waiting, report: try ReportedPayment(body: received.report.span), receivedAt: time)
    }
}
