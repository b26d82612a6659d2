import Dispatch
public import JournalFormat
public import POSIX
public import Payments
import Synchronization

/// The ledger's file form: the journal, and its state derived from it by replay.
public final class FileLedger: Ledger, JournalObserver {
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

    private let journal: Journal
    private let state: Mutex<LedgerState>
    private let space: SpaceGauge
    private let waiters = CommitWaiters()
    private let observers = Mutex<[any LedgerObserver]>([])
    private let minimumFreeBytes: Atomic<Int64>
    /// Where blocking reads happen: Swift's cooperative threads must not wait for a disk.
    private let readQueue = DispatchQueue(label: "ecryptopayd.ledger.read")

    /// What opening found.
    public let recovered: Journal.Recovered

    /// Recovers the journal on a disk and derives the state from it. `progress` hears of the bytes read so far.
    public init(
        _ disk: any Disk, _ options: Options, journal journalOptions: Journal.Options, randomID: String, seed: UInt64,
        progress: (Int64) -> Void = { _ in }
    ) throws(JournalFault) {
        var state = LedgerState(limits: options.limits, seed: seed, now: Self.now())
        (journal, recovered) = try Journal.open(
            disk, journalOptions, randomID: randomID, time: Clock.realtime(), progress: progress
        ) { entry, offset in
            state.replay(entry, offset: offset)
        }
        state.resume(now: Self.now())
        self.state = Mutex(state)
        space = SpaceGauge(disk)
        minimumFreeBytes = Atomic(options.minimumFreeBytes)
        journal.setObserver(self)
    }

    /// The journal's random id.
    public var journalID: String { journal.id }

    /// What ended the journal, if something did.
    public var failure: SystemError? { journal.failure }

    /// How much of the disk is free, at most a second old.
    public var freeBytes: Int64 { space.freeBytes }

    /// Why no report can be taken now; nil when reports are taken.
    public var unavailability: String? {
        if let failure = journal.failure { return JournalUnavailable.failed(failure).description }
        return isShortOfSpace ? shortOfSpace : nil
    }

    /// Whether no write has been under way for `limit` or longer.
    public func makesProgress(within limit: Duration) -> Bool { journal.makesProgress(within: limit) }

    /// Every record up to this is durable.
    public var durable: Int64 { journal.durable }

    /// Changes bounds at run time.
    public func update(_ options: Options) {
        state.withLock { $0.limits = options.limits }
        minimumFreeBytes.store(options.minimumFreeBytes, ordering: .relaxed)
    }

    /// Ends the journal cleanly. Nothing can be recorded afterwards.
    public func close() {
        journal.close(time: Clock.realtime())
    }

    // MARK: Ledger

    public var counts: LedgerCounts { state.withLock { $0.counts } }

    public func addObserver(_ observer: any LedgerObserver) {
        observers.withLock { $0.append(observer) }
    }

    public func record(_ report: ReportedPayment, peer: String) -> Reception {
        if isShortOfSpace { return .unavailable(shortOfSpace) }
        // Held over admission and append, so that the state knows records in the order of their numbers.
        return state.withLock { state in
            switch state.admit(report) {
            case .known: return .known
            case .full: return .unavailable("too many payments that were never confirmed wait already")
            case .covered(let seq):
                state.nudge(report.id, now: Self.now())
                return .pending(seq)
            case .journal:
                let record = Record.received(
                    Record.Received(
                        payment: report.id, peer: peer, report: report.json, deviations: report.deviations))
                do throws(JournalUnavailable) {
                    let position = try journal.append(record, time: Clock.realtime())
                    state.received(report, seq: position.seq, offset: position.offset, now: Self.now())
                    return .pending(position.seq)
                } catch {
                    return .unavailable("\(error)")
                }
            }
        }
    }

    public func claim() -> Claim? {
        state.withLock { $0.claim(now: Self.now()) }
    }

    public func nextDue() -> Instant? {
        state.withLock { $0.nextDue() }
    }

    public func pause(_ duration: Duration) {
        state.withLock { $0.pause(duration, now: Self.now()) }
    }

    public func settle(_ claim: Claim, _ answer: Answer, cause: Record.Cause) async throws -> Settlement {
        do {
            let reports = try await readBack(claim.reports)
            let (judgement, written) = try decide(claim, answer, reports, cause)
            if let last = written.last { try await waiters.wait(for: last) }
            apply(claim, judgement, written)
            return Settlement(judgement: judgement, confirmedSeq: judgement.confirmation == nil ? nil : written.first)
        } catch {
            state.withLock { $0.release(claim, now: Self.now()) }
            throw error
        }
    }

    // MARK: Settling

    /// Judges, and appends what there is to write; the state stays as it is until that is durable.
    private func decide(
        _ claim: Claim, _ answer: Answer, _ reports: [ClaimedReport], _ cause: Record.Cause
    ) throws(JournalUnavailable) -> (Judgement, [Int64]) {
        try state.withLock { state throws(JournalUnavailable) in
            if case .payment = answer { state.noteAnswered() }
            let judgement = state.judge(claim, answer, reports, now: Self.now(), wallClock: Clock.realtime())
            var written: [Int64] = []
            for record in judgement.records(payment: claim.id, cause: cause) {
                written.append(try journal.append(record, time: Clock.realtime()).seq)
            }
            return (judgement, written)
        }
    }

    private func apply(_ claim: Claim, _ judgement: Judgement, _ written: [Int64]) {
        state.withLock { state in
            if let confirmation = judgement.confirmation, let seq = written.first {
                state.confirmed(
                    confirmation.payment, isNews: confirmation.isNews, of: confirmation.of, seq: seq,
                    callBegan: claim.began)
            }
            for refutation in judgement.refutations { state.refuted(claim.id, of: refutation.of) }
            if let abandonment = judgement.abandonment { state.abandoned(claim.id, of: abandonment.of) }
            state.conclude(claim, judgement, now: Self.now())
        }
    }

    /// Reads the reports that a claim answers from the journal.
    private func readBack(_ reports: [WaitingReport]) async throws -> [ClaimedReport] {
        try await withCheckedThrowingContinuation { continuation in
            readQueue.async { [journal] in
                continuation.resume(
                    with: Result {
                        try reports.map { waiting in
                            let entry = try journal.read(JournalPosition(seq: waiting.seq, offset: waiting.offset))
                            return try entry.claimedReport(waiting)
                        }
                    })
            }
        }
    }

    // MARK: JournalObserver

    public func journalDidCommit(upTo seq: Int64, syncNanoseconds: Int64) {
        waiters.commit(upTo: seq)
        for observer in observers.withLock({ $0 }) { observer.ledgerDidCommit(upTo: seq) }
    }

    public func journalDidReject(after seq: Int64, _ error: SystemError) {
        state.withLock { $0.rollBack(after: seq) }
        waiters.reject(error)
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

    // MARK: Helpers

    private var isShortOfSpace: Bool { space.freeBytes < minimumFreeBytes.load(ordering: .relaxed) }

    private var shortOfSpace: String {
        let minimum = minimumFreeBytes.load(ordering: .relaxed)
        return "the disk has \(space.freeBytes) bytes free, fewer than ECRYPTOPAY_MIN_FREE_BYTES=\(minimum)"
    }

    private static func now() -> Instant { Instant(nanoseconds: Clock.monotonic()) }
}

extension LedgerState {
    /// Applies a record that an earlier run of the program wrote.
    mutating func replay(_ entry: Entry, offset: Int64) {
        switch entry.record {
        case .received(let received):
            guard let report = try? ReportedPayment(body: received.report.span) else { return }
            self.received(report, seq: entry.seq, offset: offset, now: nil)
        case .confirmed(let confirmed):
            guard let payment = try? ConfirmedPayment(answer: confirmed.current, asked: confirmed.payment) else {
                return
            }
            self.confirmed(
                payment, isNews: confirmed.news, of: confirmed.of, seq: entry.seq, callBegan: .distantPast)
        case .refuted(let payment, let of, _): refuted(payment, of: of)
        case .abandoned(let abandoned): self.abandoned(abandoned.payment, of: abandoned.of)
        case .opened, .closed, .baseline, .known, .delivered, .undeliverable: break
        }
    }
}

extension Judgement {
    /// What there is to journal, in order: the truth first.
    func records(payment: PaymentID, cause: Record.Cause) -> [Record] {
        var records: [Record] = []
        if let confirmation {
            records.append(
                .confirmed(
                    Record.Confirmed(
                        payment: payment, current: confirmation.payment.json, news: confirmation.isNews,
                        of: confirmation.of, cause: cause)))
        }
        for refutation in refutations {
            records.append(.refuted(payment: payment, of: refutation.of, reason: refutation.reason.rawValue))
        }
        if let abandonment {
            records.append(
                .abandoned(
                    Record.Abandoned(
                        payment: payment, of: abandonment.of, attempts: abandonment.attempts, error: abandonment.error))
            )
        }
        return records
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
