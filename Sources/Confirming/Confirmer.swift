import ECryptoPay
import JournalFormat
package import Ledger
package import Logging
package import Payments
package import Runtime
import Synchronization

/// Re-fetches every payment that was reported, and has the ledger record what the API says: the truth.
///
/// It holds no state of its own but the calls under way. What is due, and within which budget, is the ledger's to say.
package actor Confirmer: Wakeable {
    private let ledger: any Ledger
    private let api: any PaymentAPI
    private var concurrency: Int
    private let logger: Logger
    private let log: SettlementLog
    private var unsettled = LogThrottle()
    private nonisolated let rejections = Mutex(LogThrottle())
    /// By number: of a payment the next call may begin while the last one is about to be forgotten.
    private var calls: [Int: Task<Void, Never>] = [:] {
        didSet { callsUnderWay.store(calls.count, ordering: .relaxed) }
    }
    private var callCount = 0
    private var isStopping = false
    private let scheduler: any Scheduler
    package nonisolated let alarm: Alarm
    /// When somebody looks at the ledger anyway: the timer's time, or `min` when the end of a call does; `max` while that is
    /// being found out. On the monotonic clock.
    private nonisolated let nextLook = Atomic(Int64.max)
    private nonisolated let lastProgress: Atomic<Int64>
    private nonisolated let callsUnderWay = Atomic(0)

    /// Whether the API answers.
    package nonisolated let health: APIHealth

    /// A confirmer that makes at most `concurrency` calls at once. It begins with ``start()``.
    package init(ledger: any Ledger, api: any PaymentAPI, health: APIHealth, concurrency: Int, logger: Logger) {
        self.init(
            ledger: ledger, api: api, health: health, concurrency: concurrency, logger: logger, on: DispatchScheduler())
    }

    /// The same on a scheduler that is given.
    init(
        ledger: any Ledger, api: any PaymentAPI, health: APIHealth? = nil, concurrency: Int, logger: Logger,
        on scheduler: any Scheduler
    ) {
        self.ledger = ledger
        self.api = api
        self.concurrency = concurrency
        self.logger = logger
        log = SettlementLog(logger)
        self.health = health ?? APIHealth(logger: logger)
        self.scheduler = scheduler
        lastProgress = Atomic(scheduler.now.nanoseconds)
        alarm = Alarm(on: scheduler, leeway: .milliseconds(1))
        ledger.addObserver(self)
    }

    /// Begins no further call, breaks off those under way, and returns when they have ended. What they were for stays
    /// queued in the ledger.
    package func stop() async {
        isStopping = true
        alarm.cancel()
        // In the order in which they began: a hash table's own differs from run to run, and a simulation has to find the same again.
        let calls = calls.sorted { $0.key < $1.key }.map(\.value)
        for call in calls { call.cancel() }
        for call in calls { await call.value }
    }

    /// Fetches one payment now, whatever its schedule says; false while a call for it is under way.
    package func confirm(_ id: PaymentID) async -> Bool {
        guard !isStopping, let claim = ledger.claim(id) else { return false }
        if isStopping {
            // Nobody would wait for the call any more.
            _ = try? await ledger.settle(claim, .failed("broken off"), cause: .manual)
            return false
        }
        begin(claim, cause: .manual)
        return true
    }

    /// Changes how many calls there may be at once.
    package func update(concurrency: Int) {
        self.concurrency = concurrency
        look()
    }

    /// Whether a call began or ended within `limit`, or none was due or under way: what the watchdog asks.
    package nonisolated func makesProgress(within limit: Duration) -> Bool {
        let now = scheduler.now
        if now < Instant(nanoseconds: lastProgress.load(ordering: .relaxed)) + limit { return true }
        // Each ends at its time-out, unless it hangs.
        guard callsUnderWay.load(ordering: .relaxed) == 0 else { return false }
        guard let due = ledger.nextDue() else { return true }
        return now < due + limit
    }

    /// Why nothing is confirmed although something waits: no call has been answered for five minutes. Nil when all is well.
    package nonisolated var silence: String? {
        guard ledger.counts.pending > 0 else { return nil }
        return health.silence(longerThan: .seconds(300), now: scheduler.now)
    }

    // MARK: Calls

    package func look() {
        // Before the ledger is asked, so that whatever it has to tell after that wakes.
        nextLook.store(.max, ordering: .sequentiallyConsistent)
        while calls.count < concurrency, !isStopping, let claim = ledger.claim() {
            begin(claim, cause: .webhook)
        }
        // With every worker busy, the end of a call looks again.
        if calls.count >= concurrency || isStopping { return nextLook.store(.min, ordering: .sequentiallyConsistent) }
        guard let due = ledger.nextDue() else { return }
        alarm.set(to: due)
        nextLook.store(due.nanoseconds, ordering: .sequentiallyConsistent)
    }

    private func begin(_ claim: Claim, cause: Record.Cause) {
        noteProgress()
        callCount += 1
        let number = callCount
        calls[number] = Task(executorPreference: scheduler.executor) {
            await self.confirm(claim, cause: cause)
            await self.ended(number)
        }
    }

    private func ended(_ number: Int) {
        calls[number] = nil
        look()
    }

    private func confirm(_ claim: Claim, cause: Record.Cause) async {
        let answer = await fetch(claim)
        do {
            log.write(try await ledger.settle(claim, answer, cause: cause), now: scheduler.now)
            _ = unsettled.end(now: scheduler.now)
        } catch {
            noteUnsettled(claim.id, error)
        }
        noteProgress()
    }

    private func noteUnsettled(_ id: PaymentID, _ error: any Error) {
        guard let notice = unsettled.fault(now: scheduler.now) else { return }
        var often = ""
        if case .still(let duration, let count) = notice {
            often = " (\(count) such failures in \(HumanText.duration(duration.nanoseconds)))"
        }
        logger.error(
            """
            payment \(id) could not be settled, it will be fetched again\(often): \(error); \(ledger.advice)
            """, metadata: ["payment": "\(id)"])
    }

    private nonisolated func fetch(_ claim: Claim) async -> Answer {
        do {
            let payment = try await api.payment(id: claim.id)
            health.noteAnswer(now: scheduler.now)
            return .payment(payment)
        } catch {
            let answer = Answer(error, asked: claim.id)
            let now = scheduler.now
            switch answer {
            // Broken off because the program stops: that says nothing about the API.
            case .failed where error.kind == .cancelled: break
            case .failed: health.noteFailure(error, waiting: ledger.counts.pending, now: now)
            case .payment, .notFound, .forbidden: health.noteAnswer(now: now)
            }
            ledger.heed(error, callBegan: claim.began)
            return answer
        }
    }

    private nonisolated func noteProgress() {
        lastProgress.store(scheduler.now.nanoseconds, ordering: .relaxed)
    }
}

extension Confirmer: LedgerObserver {
    package nonisolated func ledgerDidCommit(upTo position: Int64) {
        if let (duration, count) = rejections.withLock({ $0.end(now: scheduler.now) }) {
            logger.notice(
                "the journal is written again after \(HumanText.duration(duration.nanoseconds)) and \(count) failed writes",
                metadata: EventID.webhooksAccepted.metadata())
        }
        wakeIfDueEarlier()
    }

    package nonisolated func ledgerDidReschedule() {
        wakeIfDueEarlier()
    }

    /// Commits come by the thousand, most when the budget is spent.
    private nonisolated func wakeIfDueEarlier() {
        guard let due = ledger.nextDue() else { return }
        if due.nanoseconds < nextLook.load(ordering: .sequentiallyConsistent) { wake() }
    }

    package nonisolated func ledgerDidReject(after position: Int64, reason: String) {
        guard let notice = rejections.withLock({ $0.fault(now: scheduler.now) }) else { return }
        var often = ""
        if case .still(let duration, let count) = notice {
            often = " for \(HumanText.duration(duration.nanoseconds)), \(count) writes failed"
        }
        logger.error(
            """
            \(reason); webhooks are answered 503\(often) until it can be written again: \(ledger.advice)
            """, metadata: EventID.webhooksRefused.metadata())
    }
}
