public import JournalFormat
public import Payments
import Synchronization

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension SharedLedger: Ledger {
    public func record(_ report: ReportedPayment, peer: String, gathers: Bool) -> Reception {
        if isFull(for: report) { return .unavailable("too many payments that were never confirmed wait already") }
        let now = surroundings.monotonic()
        let (reception, mustWatch) = inbox.withLock { inbox -> (Reception, Bool) in
            if let refusal = inbox.refusal { return (.unavailable(refusal), false) }
            if let reason = Self.strain(inbox, now) { return (.unavailable(reason), false) }
            let position = inbox.append(report, peer: peer, time: now)
            defer { inbox.isWatched = true }
            return (.pending(position), !inbox.isWatched)
        }
        if mustWatch { surroundings.after(Self.patience) { [weak self] in self?.expireReports() } }
        if !gathers { waker.wake() }
        return reception
    }

    private static func strain(_ inbox: Inbox, _ now: Int64) -> String? {
        if inbox.waiting.count >= Inbox.capacity { return "\(Inbox.capacity) reports wait for the database already" }
        guard let oldest = inbox.oldest, now - oldest >= strain else { return nil }
        return "the database has not answered for \((now - oldest) / 1_000_000_000) s"
    }

    /// What was taken in and not decided counts too.
    private func isFull(for report: ReportedPayment) -> Bool {
        let waiting = inbox.withLock { $0.waiting.count }
        guard placesLeft.load(ordering: .relaxed) <= waiting else { return false }
        return core.withLock { core in core.state.placesLeft <= waiting && core.state.isNew(report.id) }
    }

    public func commit() { waker.wake() }

    public var committed: Int64 { committedPosition.load(ordering: .acquiring) }

    public var advice: String { "see that the database answers, and has room" }

    public func addObserver(_ observer: any LedgerObserver) { observers.withLock { $0.append(observer) } }

    public var counts: LedgerCounts { core.withLock { $0.state.counts } }

    public var isFlooded: Bool { core.withLock { $0.state.isFlooded } }

    public var hasBaseline: Bool { core.withLock { $0.state.hasBaseline } }

    public var pausedUntil: Instant { core.withLock { $0.state.pausedUntil } }

    public func pause(_ duration: Duration) {
        core.withLock {
            $0.state.pause(duration, now: now())
            // The others must hear of it, though there may be nothing else to write.
            $0.lastTurn = Core.never
        }
        waker.wake()
    }

    public func takeUpAbandoned() {
        core.withLock { $0.state.takeUpAbandoned(now: now()) }
        tell { $0.ledgerDidReschedule() }
    }

    // MARK: Claims

    public func claim(wanting count: Int) -> Claim? {
        let now = surroundings.monotonic()
        let suspended = surroundings.suspended()
        let (claim, mustWake) = core.withLock { core -> (Claim?, Bool) in
            core.noteSuspension(suspended)
            // Looked at last thing before the call: it must end while the node certainly lives.
            if let (claim, _) = core.pool.first, core.mayBeginCall(at: now) {
                core.pool.removeFirst()
                core.wanted = max(0, count - 1 - core.pool.count)
                return (claim, false)
            }
            core.wanted = max(0, count - core.pool.count)
            let isDue = (core.state.nextDue()?.nanoseconds ?? .max) <= now
            if isDue { core.askedAt = now }
            return (nil, isDue)
        }
        if mustWake { waker.wake() }
        return claim
    }

    public func nextDue() -> Instant? {
        let now = now()
        return core.withLock { core in
            if let (_, since) = core.pool.first {
                let begin = max(Instant(nanoseconds: since), core.state.pausedUntil)
                return core.mayBeginCall(at: max(now, begin).nanoseconds) ? begin : now + .seconds(1)
            }
            guard let due = core.state.nextDue() else { return nil }
            // What has been asked for, observers hear of; who does not ask is told that it is due.
            return max(due, Instant(nanoseconds: core.askedAt) + .seconds(1))
        }
    }

    public func claim(_ id: PaymentID) async -> Claim? {
        let longest = core.withLock { $0.options.longestCall }
        let claim = try? await perform(unheard: { if let claim = $0 { self.release(claim) } }) {
            draft, state -> Decision<Claim?> in
            guard let claim = state.claim(id, now: draft.now, order: draft.order) else {
                return Decision(result: .success(nil))
            }
            draft.notes.append(.began(payment: id, upTo: claim.upTo))
            return Decision(result: .success(claim), undo: { state, now in state.putBack(claim, now: now) })
        }
        guard let claim = claim ?? nil else { return nil }
        let suspended = surroundings.suspended()
        let isAllowed = core.withLock { core in
            core.noteSuspension(suspended)
            return core.state.holds(claim) && core.mayBegin(longest, at: surroundings.monotonic())
        }
        if isAllowed { return claim }
        release(claim)
        return nil
    }

    /// Ends a claim that came to nothing.
    private func release(_ claim: Claim) {
        core.withLock { core in
            guard core.state.holds(claim) else { return }
            core.state.release(claim, now: now())
            core.notes.append(
                .ended(payment: claim.id, core.state.schedule(of: claim.id, isAnswered: false, isNews: false)))
        }
        tell { $0.ledgerDidReschedule() }
        waker.wake()
    }

    // MARK: Settling

    public func settle(_ claim: Claim, _ answer: Answer, cause: Record.Cause) async throws -> Settlement {
        if case .payment = answer { core.withLock { $0.state.noteAnswered(claim) } }
        let reports: [ClaimedReport]
        do { reports = try await readBack(claim) } catch {
            release(claim)
            throw error
        }
        let settlement = try await perform(giveUp: { state, now in
            guard state.holds(claim) else { return [] }
            state.release(claim, now: now)
            return [.ended(payment: claim.id, state.schedule(of: claim.id, isAnswered: false, isNews: false))]
        }) { draft, state -> Decision<Settlement> in
            guard state.holds(claim) else { return Decision(result: .failure(Self.lapsed)) }
            let judgement = state.judge(claim, answer, reports, now: draft.now, wallClock: draft.time)
            let judged = Judged(claim, judgement, cause, &draft)
            return Decision(
                result: .success(judged.settlement),
                apply: { state, now in [judged.apply(to: &state, now: now)] })
        }
        tell { $0.ledgerDidSettle(settlement) }
        tell { $0.ledgerDidReschedule() }
        return settlement
    }

    static let lapsed = DatabaseFault(
        kind: .failed, message: "the other nodes took this one for dead meanwhile, and make the call again")

    private func readBack(_ claim: Claim) async throws -> [ClaimedReport] {
        if claim.reports.isEmpty { return [] }
        let records = try await database.records.records(claim.reports.map(\.seq))
        let found = Dictionary(records.map { ($0.seq, $0.line) }) { $1 }
        return try claim.reports.map { try ClaimedReport($0, line: found[$0.seq]) }
    }
}
