import JournalFormat
public import Payments
import Synchronization

// Listings: one node makes them for all, as long as it lives.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension SharedLedger {
    /// So many absent payments are settled together.
    private static let absentPerBatch = 256

    public func beginListing() async -> ListingStart {
        // Without a turn, since it is asked for often; who takes the lease is told.
        guard core.withLock({ $0.leases.contains("listing") }) else { return .elsewhere }
        let start = try? await perform(unheard: { if $0 == .begun { _ = self.endListingHere(isWhole: false) } }) {
            draft, state -> Decision<ListingStart> in
            guard draft.leases.contains("listing"), !state.isListingElsewhere else {
                return Decision(result: .success(.elsewhere))
            }
            guard state.beginListing(now: draft.now, order: draft.order), let listing = state.listing else {
                return Decision(result: .success(.underWay))
            }
            draft.notes.append(.beganListing(upTo: listing.upTo))
            return Decision(result: .success(.begun), undo: { state, _ in state.restore(nil) })
        }
        guard start == .begun else { return start ?? .elsewhere }
        // Looked at last thing before the call, as of any other: this node may have stood still, and count as dead by now.
        let (now, suspended) = (now().nanoseconds, surroundings.suspended())
        let lives = core.withLock { core in
            core.noteSuspension(suspended)
            return core.mayBegin(core.options.longestCall, at: now)
        }
        // The API may have asked for quiet meanwhile.
        if lives, pausedUntil.nanoseconds <= now { return .begun }
        _ = endListingHere(isWhole: false)
        return lives ? .underWay : .elsewhere
    }

    public func askToList() async -> Bool {
        let asked = try? await perform { draft, _ -> Decision<Bool> in
            draft.notes.append(.asksForListing)
            return Decision(result: .success(true))
        }
        return asked ?? false
    }

    public func list(_ payments: [ConfirmedPayment]) throws -> [Settlement] {
        try settleListed(payments.map(\.id)) { state in
            payments.compactMap { payment in state.claimListed(payment).map { ($0, Answer.payment(payment)) } }
        }
    }

    public func endListing(isWhole: Bool) throws -> (ListingSummary, [Settlement]) {
        var settlements: [Settlement] = []
        do {
            if isWhole {
                settlements = try settleAbsentees()
                try completeBaseline()
            }
        } catch {
            _ = endListingHere(isWhole: false)
            throw error
        }
        return (endListingHere(isWhole: isWhole), settlements)
    }

    private func endListingHere(isWhole: Bool) -> ListingSummary {
        let summary = core.withLock { core in
            if core.state.listing != nil {
                let time = isWhole ? now().nanoseconds + core.offset : nil
                core.times.listed = time ?? core.times.listed
                core.notes.append(.endedListing(wholeAt: time))
            }
            return core.state.endListing(isWhole: isWhole)
        }
        waker.wake()
        return summary
    }

    private func settleAbsentees() throws -> [Settlement] {
        var rest = core.withLock { core in
            core.state.noteListed()
            return core.state.absentees()
        }[...]
        var settlements: [Settlement] = []
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.absentPerBatch))
            rest = rest.dropFirst(batch.count)
            settlements += try settleListed(batch) { state in
                batch.compactMap { id in state.claimAbsent(id).map { ($0, Answer.notFound) } }
            }
        }
        return settlements
    }

    private func completeBaseline() throws {
        guard let listing = core.withLock({ $0.state.listing }), listing.isBaseline else { return }
        try performBlocking { draft, state -> Decision<Void> in
            guard state.listing != nil else { return Decision(result: .failure(Self.lapsed)) }
            // Another node may have completed it before this one was taken for dead.
            if state.hasBaseline { return Decision(result: .success(())) }
            draft.append(.baseline(count: listing.count))
            return Decision(
                result: .success(()),
                apply: { state, _ in
                    state.completedBaseline()
                    return []
                })
        }
    }

    /// Judges, writes and applies together what a listing says of some payments.
    private func settleListed(
        _ payments: [PaymentID], _ claim: @escaping @Sendable (inout LedgerState) -> [(Claim, Answer)]
    ) throws -> [Settlement] {
        // Before the turn, since the head must not be locked for it: those that came since the listing began do not count.
        let lines = try readBack(core.withLock { core in payments.flatMap { core.state.listedReports(of: $0) } })
        let settlements = try performBlocking { draft, state -> Decision<[Settlement]> in
            guard let before = state.listing else { return Decision(result: .failure(Self.lapsed)) }
            var judged: [Judged] = []
            for (claim, answer) in claim(&state) {
                let reports = try? claim.reports.map { try ClaimedReport($0, line: lines[$0.seq]) }
                guard let reports else {
                    state.putBack(claim, now: draft.now)
                    continue
                }
                let (judgement, cause) = state.judgeListed(
                    claim, answer, reports, now: draft.now, wallClock: draft.time)
                judged.append(Judged(claim, judgement, cause, &draft))
            }
            return Decision(
                result: .success(judged.map(\.settlement)),
                apply: { [judged] state, now in
                    judged.flatMap { judged in
                        let note = judged.apply(to: &state, now: now)
                        if judged.judgement.confirmation != nil { state.noteListedConfirmation() }
                        // Whatever nobody waits for has no schedule.
                        return judged.claim.reports.isEmpty ? [] : [note]
                    }
                },
                undo: { [judged] state, now in
                    for judged in judged { state.putBack(judged.claim, now: now) }
                    // Whoever lists may have given up meanwhile.
                    if state.listing != nil { state.restore(before) }
                })
        }
        for settlement in settlements { tell { $0.ledgerDidSettle(settlement) } }
        tell { $0.ledgerDidReschedule() }
        return settlements
    }

    private func readBack(_ seqs: [Int64]) throws -> [Int64: [UInt8]] {
        if seqs.isEmpty { return [:] }
        let answer = Awaited<[StoredRecord]>()
        surroundings.wait { done in
            Task(executorPreference: database.executor) { [database] in
                do { answer.give(.success(try await database.records.records(seqs))) } catch {
                    answer.give(.failure(error))
                }
                done()
            }
        }
        let records = try answer.taken()
        return Dictionary(records.map { ($0.seq, $0.line) }) { $1 }
    }
}
