import JournalFormat
package import Ledger
package import Payments
import POSIX
import Synchronization

// Listings: one call that answers for thousands of payments. Their records are written and synced by the batch.
extension JournalLedger {
    /// So many absent payments are settled together.
    private static var absentPerBatch: Int { 256 }

    package var isFlooded: Bool { state.withLock { $0.isFlooded } }

    package var hasBaseline: Bool { state.withLock { $0.hasBaseline } }

    package func beginListing() -> Bool { state.withLock { $0.beginListing(now: now()) } }

    package func list(_ payments: [ConfirmedPayment]) throws -> [Settlement] {
        let claims = state.withLock { state in
            payments.compactMap { payment in state.claimListed(payment).map { ($0, Answer.payment(payment)) } }
        }
        return try settleListed(claims)
    }

    package func endListing(isWhole: Bool) throws -> (ListingSummary, [Settlement]) {
        var settlements: [Settlement] = []
        do {
            if isWhole {
                settlements = try settleAbsentees()
                try completeBaseline()
            }
        } catch {
            _ = state.withLock { $0.endListing(isWhole: false) }
            throw error
        }
        return (state.withLock { $0.endListing(isWhole: isWhole) }, settlements)
    }

    private func settleAbsentees() throws -> [Settlement] {
        var rest = state.withLock { state in
            state.noteListed()
            return state.absentees()
        }[...]
        var settlements: [Settlement] = []
        while !rest.isEmpty {
            let batch = rest.prefix(Self.absentPerBatch)
            rest = rest.dropFirst(batch.count)
            let claims = state.withLock { state in
                batch.compactMap { id in state.claimAbsent(id).map { ($0, Answer.notFound) } }
            }
            settlements += try settleListed(claims)
        }
        return settlements
    }

    private func completeBaseline() throws {
        guard let listing = state.withLock({ $0.listing }), listing.isBaseline else { return }
        try write { append([(.baseline(count: listing.count), .baseline)], to: &$0) }
    }

    /// Judges, writes and applies together. Every claim is concluded, whatever happens.
    private func settleListed(_ claims: [(Claim, Answer)]) throws -> [Settlement] {
        if claims.isEmpty { return [] }
        // While it had them, nobody else saw when they are due, and what stays unknown is not written.
        defer { rescheduled() }
        // The reports may have come a moment ago, and are read back.
        if claims.contains(where: { !$0.0.reports.isEmpty }) { journal.flush() }
        let (answered, unread) = readBack(claims)
        let decisions = state.withLock { state in
            answered.map { claim, answer, reports in
                let (judgement, cause) = state.judgeListed(
                    claim, answer, reports, now: now(), wallClock: wallClock())
                return decide(claim, judgement, cause, &state)
            }
        }
        journal.flush()
        let failure = state.withLock { state in
            var failure: JournalUnavailable?
            for decision in decisions {
                let fault = apply(decision, decision.appended.ticket.known, to: &state)
                if fault == nil, decision.judgement.confirmation != nil { state.noteListedConfirmation() }
                failure = failure ?? fault
            }
            return failure
        }
        if decisions.contains(where: { $0.judgement.confirmation?.isChange == true }) { tellOfChanges() }
        if let failure { throw failure }
        let settlements = decisions.map(\.settlement)
        for settlement in settlements { settled(settlement) }
        if let unread { throw unread }
        return settlements
    }

    /// Joins claims with the reports that they answer; those whose reports cannot be read now are released.
    private func readBack(
        _ claims: [(Claim, Answer)]
    ) -> (answered: [(Claim, Answer, [ClaimedReport])], failure: (any Error)?) {
        var answered: [(Claim, Answer, [ClaimedReport])] = []
        var failure: (any Error)?
        let claimed = claims.map(\.0)
        let reports = Result { try self.reports(of: claimed) }
        for (index, (claim, answer)) in claims.enumerated() {
            do { answered.append((claim, answer, try reports.get()[index].get())) } catch {
                state.withLock { $0.release(claim, now: now()) }
                failure = error
            }
        }
        return (answered, failure)
    }
}
