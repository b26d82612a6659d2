import CivilTime
import Dispatch
import Glibc
package import JournalFormat
package import Ledger
package import Payments
package import POSIX
import Synchronization

/// The ledger of whoever writes it alone: a journal, and the state derived from it by replay.
package final class JournalLedger<Log: LedgerJournal>: Sendable {
    /// What an operator can set.
    package typealias Options = JournalLedgerOptions

    /// Where its records stand.
    package let journal: Log
    let state: Mutex<LedgerState>
    let waiters = CommitWaiters()
    /// For each call under way, the wait for its reports where they were not durable when it began.
    private let claimed = Mutex<[PaymentID: CommitTicket]>([:])
    let observers = ObserverList()
    let ended = EndedDeliveries()
    private let minimumFreeBytes: Atomic<Int64>
    /// What is known of the segments for ``dropRefuted(while:)``.
    let scan = Mutex(DroppableScan())
    private let slowCommits = Atomic(0)
    let environment: JournalEnvironment
    /// What a record takes beside its report, about.
    private static var recordBytes: Int { 256 }
    /// Whether there was a flood when somebody last asked for something to do.
    private let wasFlooded = Atomic(false)
    /// The record of the last checkpoint that was written or tried.
    let checkpointed: Atomic<Int64>

    /// Where blocking reads happen: Swift's cooperative threads must not wait for a disk.
    let readQueue: any SerialQueue
    /// Where an operator's questions look at the disk: no verdict waits for them.
    let overviewQueue: any SerialQueue
    let lastTimes = Mutex(LastTimes())

    /// Where checkpoints are written and old segments dropped, one after the other.
    let maintenanceQueue: any SerialQueue

    /// What opening found.
    package let recovered: Journal.Recovered

    /// Goes on with a state that reflects a journal up to its last record, or up to the one that opening it has appended. `checkpointed` is
    /// the record of the newest checkpoint; 0 without one.
    package init(
        _ journal: Log, _ recovered: Journal.Recovered, _ state: consuming LedgerState, last: JournalPosition?,
        checkpointed: Int64, _ options: Options, in environment: JournalEnvironment
    ) {
        self.journal = journal
        self.recovered = recovered
        self.environment = environment
        readQueue = environment.queue("ecryptopayd.ledger.read", .unspecified)
        overviewQueue = environment.queue("ecryptopayd.ledger.overview", .utility)
        maintenanceQueue = environment.queue("ecryptopayd.ledger.maintenance", .utility)
        state.frontier = Frontier(behind: last)
        self.checkpointed = Atomic(checkpointed)
        // The first start of all has no record of it yet to read.
        state.opened(at: environment.realtime())
        state.resume(now: Instant(nanoseconds: environment.monotonic()))
        self.state = Mutex(state)
        minimumFreeBytes = Atomic(options.minimumFreeBytes)
        // What opening has proven is durable, though nobody was there to be told.
        waiters.commit(upTo: journal.durable)
        journal.setObserver(self)
    }

    /// Every record up to this is durable.
    package var durable: Int64 { journal.durable }

    /// The first invariant of state and journal that does not hold; nil when all do.
    package func checkInvariants() -> String? {
        state.withLock { $0.checkInvariants() } ?? journal.commits.checkInvariants()
    }

    /// Nobody hears of it any more, and it can be freed.
    package func detach() {
        observers.removeAll()
        journal.setObserver(nil)
    }

    /// Whether so many payments that were never confirmed wait that no report of another one is taken.
    package var isFull: Bool { state.withLock { $0.isFull } }

    /// Changes bounds at run time.
    package func update(_ options: Options) {
        state.withLock { $0.limits = options.limits }
        minimumFreeBytes.store(options.minimumFreeBytes, ordering: .relaxed)
    }
}

extension JournalLedger: ManagedLedger {
    /// What ended the ledger for good, if something did, in words for an operator.
    package var failure: String? { journal.failure.map { "\($0)" } }

    /// Why no report is taken; nil while they are. What became of the last write counts before what the disk says of itself.
    package var unavailability: String? { failure ?? rejection ?? (isShortOfSpace ? shortOfSpace : nil) }

    private var rejection: String? {
        guard let last = journal.commits.failures.last else { return nil }
        let since = UTCTime(nanoseconds: last.since).iso8601(fractionDigits: 0)
        return "\(JournalUnavailable.rejected(last.error)), since \(since); hint: \(last.error.hintForWriting)"
    }

    /// What became of the last writes, where they failed.
    package var writeFailures: WriteFailures { journal.commits.failures }

    /// Looks whether the journal still is where its path says: also while nothing is written. Blocks.
    func checkPlace() { journal.commits.checkPlace() }

    /// Tries a write if the last one was rejected: while health checks say so, no webhook may come that would be one. Blocks.
    func retryWriting() {
        let isTried = state.withLock { state in
            guard let position = journal.commits.retry(time: wallClock()) else { return false }
            state.frontier.append(position)
            return true
        }
        if isTried { journal.flush() }
    }

    /// The disk's, at most a second old.
    package var room: LedgerRoom? {
        journal.space.map { LedgerRoom(freeBytes: $0.freeBytes, minimumFreeBytes: minimumFree) }
    }

    /// Commits that took longer than a second.
    package var slowCommitCount: Int { slowCommits.load(ordering: .relaxed) }

    /// Whether someone in ``Ledger/commit()`` is kept waiting by the write.
    package var holdsCaller: Bool { journal.commits.holdsCaller }

    /// Whether no write has been under way for `limit` or longer: what the watchdog asks.
    package func makesProgress(within limit: Duration) -> Bool { journal.commits.makesProgress(within: limit) }

    /// Ends it cleanly; nothing can be recorded afterwards. Blocks until all is written, or cannot be.
    package func close() { journal.close(time: wallClock()) }
}

extension JournalLedger: ReportLedger, Ledger {
    package var counts: LedgerCounts { state.withLock { $0.counts } }

    /// A position is a record's number.
    package var committed: Int64 { durable }

    package var advice: String {
        if case .moved(let displacement) = journal.failure { displacement.hint } else { journal.advice }
    }

    package func addObserver(_ observer: any LedgerObserver) { observers.add(observer) }

    package func commit() { journal.commits.commitDeferred() }

    package func record(_ report: ReportedPayment, peer: String, defersCommit: Bool) -> Reception {
        if let space = journal.space, !space.hasRoom(minimumFree, now: now().nanoseconds) {
            return .unavailable(shortOfSpace)
        }
        return take(report.summary.admitted, isAcknowledged: false) { () throws(JournalUnavailable) in
            let record = Record.received(
                Record.Received(payment: report.id, peer: peer, report: report.json, deviations: report.deviations))
            let position = try journal.append(record, time: wallClock(), defersCommit: defersCommit)
            journal.space?.spend(report.json.count + Self.recordBytes)
            return position
        }
    }

    /// Takes a report in whose members were encoded before: with `isAcknowledged` however many wait. It is gathered.
    package func take(_ members: ReceivedMembers, isAcknowledged: Bool) -> Reception {
        take(AdmittedReport(members), isAcknowledged: isAcknowledged) { () throws(JournalUnavailable) in
            try journal.commits.append(members, time: wallClock())
        }
    }

    private func take(
        _ report: AdmittedReport, isAcknowledged: Bool,
        append: () throws(JournalUnavailable) -> JournalPosition
    ) -> Reception {
        // After a failed sync nothing is acknowledged any more, not even what has long been durable; so it is when it was moved.
        if let failure { return .unavailable(failure) }
        let now = now()
        var isCovered = false
        // No commit will tell of it, and it may be due at once.
        defer { if isCovered { rescheduled() } }
        // Held over admission and append, so that the state knows records in the order of their numbers.
        return state.withLock { state in
            switch state.admit(report, isAcknowledged: isAcknowledged) {
            case .known:
                state.noteAnnouncement()
                return .known
            case .full: return .unavailable("too many payments that were never confirmed wait already")
            case .coalesced(let seq):
                state.coalesced(report, by: seq, now: now)
                isCovered = true
                return .pending(seq)
            case .journal:
                do throws(JournalUnavailable) {
                    let position = try append()
                    state.frontier.append(position)
                    state.received(report, at: position, now: now)
                    return .pending(position.seq)
                } catch {
                    return .unavailable("\(error)")
                }
            }
        }
    }

    package func claim() -> Claim? {
        let (claim, isFlooded) = state.withLock { state in
            let claim = state.claim(now: now())
            if let claim { noteTicket(claim) }
            return (claim, state.isFlooded)
        }
        // What waited for its time has fallen due, and no commit tells of that.
        if isFlooded != wasFlooded.exchange(isFlooded, ordering: .relaxed), isFlooded { rescheduled() }
        return claim
    }

    package func claim(_ id: PaymentID) -> Claim? {
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

    package var pausedUntil: Instant { state.withLock { $0.pausedUntil } }

    package func requeueAbandoned() {
        state.withLock { $0.requeueAbandoned(now: now()) }
        rescheduled()
    }

    package func nextDue() -> Instant? {
        state.withLock { $0.nextDue() }
    }

    package func slowDown(callBegan: Instant) {
        state.withLock { $0.slowDown(callBegan: callBegan, now: now()) }
    }

    package func pause(_ duration: Duration) {
        state.withLock { $0.pause(duration, now: now()) }
    }

    package func settle(_ claim: Claim, _ answer: Answer, cause: Record.Cause) async throws -> Settlement {
        if case .payment = answer { state.withLock { $0.noteAnswered(claim) } }
        let reports: [ClaimedReport]
        do { reports = try await readBack(claim).get() } catch {
            state.withLock { $0.release(claim, now: now()) }
            throw error
        }
        let decision = state.withLock { state in
            let judgement = state.judge(claim, answer, reports, now: now(), wallClock: wallClock())
            return decide(claim, judgement, cause, &state)
        }
        let result = await decision.appended.ticket.result
        let failure = state.withLock { apply(decision, result, to: &$0) }
        if decision.judgement.confirmation?.isChange == true { tellOfChanges() }
        if let failure { throw failure }
        settled(decision.settlement)
        return decision.settlement
    }
}

// Settling.
extension JournalLedger {
    /// What an answer came to, on its way to the disk.
    struct Decision {
        let claim: Claim
        let judgement: Judgement
        let cause: Record.Cause
        let appended: AppendedRecords

        var settlement: Settlement {
            Settlement(
                id: claim.id, cause: cause, judgement: judgement,
                confirmedSeq: judgement.confirmation == nil ? nil : appended.written.first?.position.seq)
        }
    }

    /// Appends what there is to write. To be called under the state's lock.
    func decide(
        _ claim: Claim, _ judgement: Judgement, _ cause: Record.Cause, _ state: inout LedgerState
    ) -> Decision {
        Decision(
            claim: claim, judgement: judgement, cause: cause,
            appended: append(judgement.records(claim, cause), to: &state))
    }

    /// Applies what became durable, and ends the claim; returns why not all of it did. To be called under the state's lock.
    func apply(
        _ decision: Decision, _ result: CommitTicket.Result?, to state: inout LedgerState
    ) -> JournalUnavailable? {
        let failure = apply(decision.appended, result, to: &state)
        if failure == nil {
            state.conclude(decision.claim, decision.judgement, now: now())
        } else {
            state.release(decision.claim, now: now())
        }
        return failure
    }

    /// Reads the reports that a claim answers from the journal.
    private func readBack(_ claim: Claim) async throws -> Result<[ClaimedReport], any Error> {
        if let ticket = claimed.withLock({ $0.removeValue(forKey: claim.id) }),
            let failure = await ticket.result.failure
        {
            throw failure
        }
        return try await readQueue.value { try self.reports(of: [claim])[0] }
    }
}

extension JournalLedger: JournalObserver {
    package func journalDidCommit(upTo seq: Int64, syncNanoseconds: Int64) {
        waiters.commit(upTo: seq)
        ended.commit(upTo: seq)
        repeatEnds()
        let isSlow = syncNanoseconds >= 1_000_000_000
        if isSlow { slowCommits.add(1, ordering: .relaxed) }
        observers.tell { observer in
            observer.ledgerDidCommit(upTo: seq)
            observer.ledgerDidSync(.nanoseconds(syncNanoseconds))
            if isSlow { observer.ledgerWasSlow(.nanoseconds(syncNanoseconds)) }
        }
    }

    package func journalDidReject(after seq: Int64, _ error: SystemError) {
        state.withLock { state in
            state.rollBack(after: seq)
            ended.reject(after: seq)
        }
        waiters.reject(after: seq, error)
        observers.tell { $0.ledgerDidReject(after: seq, reason: JournalUnavailable.rejected(error).description) }
    }

    package func journalDidEnd(_ reason: String) {
        waiters.fail(.ended(reason))
        observers.tell { $0.ledgerDidFail(reason: reason, errno: EIO) }
    }

    package func journalDidFail(_ error: SystemError) {
        waiters.fail(.failed(error))
        observers.tell {
            $0.ledgerDidFail(reason: JournalUnavailable.failed(error).description, errno: error.errno)
        }
    }
}

extension JournalLedger {
    /// Tells the observers to look again at what is due.
    func rescheduled() {
        observers.tell { $0.ledgerDidReschedule() }
    }

    /// Tells the observers what an answer came to.
    func settled(_ settlement: Settlement) {
        observers.tell { $0.ledgerDidSettle(settlement) }
    }

    /// Has the observers told why a checkpoint is not there.
    func missedCheckpoint(_ error: any Error) {
        observers.tell { $0.ledgerMissedCheckpoint(reason: "\(error)") }
    }
}

extension JournalLedger {
    /// With less free disk, no report is taken.
    package var minimumFree: Int64 { minimumFreeBytes.load(ordering: .relaxed) }

    /// How much of the disk is free, at most a second old.
    var freeBytes: Int64 { journal.space?.freeBytes ?? .max }

    private var isShortOfSpace: Bool { freeBytes < minimumFree }

    private var shortOfSpace: String {
        "the disk has \(freeBytes) bytes free, fewer than ECRYPTOPAY_MIN_FREE_BYTES=\(minimumFree)"
    }

    func now() -> Instant { Instant(nanoseconds: environment.monotonic()) }

    func wallClock() -> Int64 { environment.realtime() }
}
