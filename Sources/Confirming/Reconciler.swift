import ECryptoPay
package import Ledger
package import Logging
package import Runtime
import Synchronization

/// Lists all payments now and then, and finds what no webhook told; and when more waits than the budget can answer, one
/// listing answers it.
///
/// What a listing comes to is the ledger's to say. Here is only when one is made, and what people read of it.
package actor Reconciler: Wakeable {
    private let ledger: any Ledger
    private let api: any PaymentAPI
    private let health: APIHealth
    private let logger: Logger
    private let log: SettlementLog
    /// A listing that does not fit its bounds will not fit the next time either.
    private nonisolated let bounds = Mutex(LogThrottle())
    private var schedule: ListingSchedule
    private var random: SplitMix64
    private var run: Task<Void, Never>?
    private var isStopping = false
    private let scheduler: any Scheduler
    package nonisolated let alarm: Alarm
    /// The last look has seen the flood, and whatever comes of that comes by itself.
    private nonisolated let isFloodSeen = Atomic(false)
    private nonisolated let lastEnd = Atomic<Int64>(0)

    /// A reconciler that lists every `interval`; zero for the baseline and on request only. It begins with ``start()``.
    package init(ledger: any Ledger, api: any PaymentAPI, health: APIHealth, interval: Duration, logger: Logger) {
        self.init(
            ledger: ledger, api: api, health: health, interval: interval, logger: logger, on: DispatchScheduler(),
            seed: .random(in: .min ... .max))
    }

    /// The same on a scheduler that is given; backoff is drawn from `seed`.
    init(
        ledger: any Ledger, api: any PaymentAPI, health: APIHealth, interval: Duration, logger: Logger,
        on scheduler: any Scheduler, seed: UInt64
    ) {
        self.ledger = ledger
        self.api = api
        self.health = health
        self.logger = logger
        log = SettlementLog(logger)
        schedule = ListingSchedule(interval: interval)
        self.scheduler = scheduler
        random = SplitMix64(seed: seed)
        alarm = Alarm(on: scheduler, leeway: .milliseconds(100))
        ledger.addObserver(self)
    }

    /// When the last listing ended that was whole, in nanoseconds since 1970; nil before there was one.
    package nonisolated var lastReconciledAt: Int64? {
        let time = lastEnd.load(ordering: .relaxed)
        return time == 0 ? nil : time
    }

    /// Breaks off a listing that is under way, and returns when it has ended.
    package func stop() async {
        isStopping = true
        alarm.cancel()
        run?.cancel()
        await run?.value
    }

    /// Changes how often all payments are listed.
    package func update(interval: Duration) {
        schedule.interval = interval
        look()
    }

    /// Lists now, and takes up again what was set aside; false while a listing is under way.
    package func reconcile() -> Bool {
        guard !isStopping, schedule.request() else { return false }
        ledger.requeueAbandoned()
        look()
        return true
    }

    // MARK: When

    package func look() {
        // Before the ledger is asked: a flood that comes after that is seen by whoever tells of it.
        isFloodSeen.store(false, ordering: .sequentiallyConsistent)
        let isFlooded = ledger.isFlooded
        isFloodSeen.store(isFlooded, ordering: .sequentiallyConsistent)
        guard !isStopping, run == nil, let due = schedule.due(isFlooded: isFlooded, hasBaseline: ledger.hasBaseline)
        else { return }
        let now = scheduler.now
        let time = max(due, ledger.pausedUntil)
        guard time <= now else { return alarm.set(to: time) }
        guard ledger.beginListing() else { return }
        schedule.begin(now: now)
        run = Task(executorPreference: scheduler.executor) { await self.list() }
    }

    // MARK: One listing

    private func list() async {
        let isWhole = await listOnce()
        schedule.end(isWhole: isWhole, now: scheduler.now, using: &random)
        run = nil
        look()
    }

    /// Whether it was whole, and written.
    private nonisolated func listOnce() async -> Bool {
        let began = scheduler.now
        let listing = ListingRun(ledger) { [log, scheduler] in log.write($0, now: scheduler.now) }
        var isWhole = false
        do {
            try await api.forEachPayment { listing.take($0) }
            health.noteAnswer(now: scheduler.now)
            _ = bounds.withLock { $0.end(now: scheduler.now) }
            isWhole = true
        } catch {
            noteFailure(error, callBegan: began)
        }
        do {
            try listing.finish()
        } catch {
            isWhole = false
            logger.error(
                "what a listing of all payments says could not be journaled, it will be repeated: \(error); \(ledger.advice)"
            )
        }
        return await end(isWhole: isWhole)
    }

    private nonisolated func end(isWhole: Bool) async -> Bool {
        let ledger = ledger
        do {
            let (summary, refuted) = try await scheduler.value { try ledger.endListing(isWhole: isWhole) }
            report(summary, refuted, isWhole: isWhole)
            if isWhole { lastEnd.store(scheduler.wallClock, ordering: .relaxed) }
            return isWhole
        } catch {
            logger.error(
                "what a listing of all payments lacks could not be journaled, it will be repeated: \(error); \(ledger.advice)"
            )
            return false
        }
    }

    // MARK: What people read

    private nonisolated func report(_ summary: ListingSummary, _ absent: [Settlement], isWhole: Bool) {
        if summary.completedBaseline {
            logger.notice("baseline complete: \(summary.count) payments were there before")
        }
        if summary.lacking > 0 {
            let examples = summary.lackingExamples.map { "\($0)" }.joined(separator: ", ")
            logger.warning(
                """
                the list of all payments lacks \(summary.lacking) that the API has confirmed before (e.g. \(examples)); what \
                was confirmed stays. If this account is the right one, ask ecryptopay's support
                """)
        }
        if summary.lagging > 0 {
            logger.warning(
                """
                the list of all payments shows \(summary.lagging) as they were before they were last confirmed; what was \
                confirmed stays
                """)
        }
        let refutations = absent.reduce(0) { $0 + $1.judgement.refutations.count }
        if refutations > 0 {
            let examples = absent.filter { !$0.judgement.refutations.isEmpty }.prefix(5).map { "\($0.id)" }
            logger.warning(
                """
                \(refutations) reports refuted: the list of all payments does not hold payment \
                \(examples.joined(separator: ", "))\(refutations > examples.count ? " and others" : "")
                """)
        }
        logger.debug("listed \(summary.count) payments\(isWhole ? "" : ", not all"), \(summary.confirmed) confirmed")
    }

    private nonisolated func noteFailure(_ error: APIError, callBegan: Instant) {
        if error.kind == .cancelled { return }
        health.noteFailure(error, waiting: ledger.counts.pending, now: scheduler.now)
        ledger.heed(error, callBegan: callBegan)
        // Whoever answers nothing is told of by the API's health.
        let fault: String
        switch error.kind {
        // A token is asked for within bounds of its own.
        case _ where error.isAboutToken:
            return logger.debug("the list of all payments failed, it will be repeated: \(error)")
        case .tooLarge(let limit): fault = "is larger than ECRYPTOPAY_LIST_MAX_BYTES=\(limit)"
        case .timeout: fault = "took longer than ECRYPTOPAY_LIST_TIMEOUT"
        default: return logger.debug("the list of all payments failed, it will be repeated: \(error)")
        }
        if bounds.withLock({ $0.fault(now: scheduler.now) }) != nil {
            logger.error("the list of all payments \(fault): raise it, or nothing is reconciled")
        }
    }
}

extension Reconciler: LedgerObserver {
    package nonisolated func ledgerDidCommit(upTo position: Int64) { lookForFlood() }

    package nonisolated func ledgerDidReschedule() { lookForFlood() }

    private nonisolated func lookForFlood() {
        if ledger.isFlooded, !isFloodSeen.load(ordering: .sequentiallyConsistent) { wake() }
    }
}
