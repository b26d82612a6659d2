import CivilTime
package import JournalFormat
package import Payments

// Listings: one call that answers for every payment in it, as a fetch of each would.
extension LedgerState {
    /// Whether more waits than ten seconds' worth of budget: one listing then answers what thousands of calls would. Or whether something
    /// yielded, which nothing else would ask for.
    package var isFlooded: Bool {
        yieldedAt > 0 || pending.due.contains { $0.count > limits.confirmRate * 10 }
    }

    /// Begins a listing whose call begins now; false while one is under way.
    package mutating func beginListing(now: Instant) -> Bool {
        guard listing == nil else { return false }
        listingCount += 1
        listing = Listing(
            began: now, upTo: newestReport, generation: generation,
            number: UInt16(truncatingIfNeeded: listingCount),
            isBaseline: !hasBaseline, knownSlots: known.slotCount)
        return true
    }

    /// Takes a payment that the listing shows, for an answer to be judged; nil when it tells nothing, or when a call of the
    /// payment's own is under way. A claim must be concluded.
    package mutating func claimListed(_ payment: ConfirmedPayment) -> Claim? {
        guard let listing else { return nil }
        let knownSlot = known.slot(of: payment.id)
        self.listing?.show(payment.id, knownSlot: knownSlot)
        let slot = pending.slot(of: payment.id)
        if let slot { pending.show(slot, in: listing.number) }
        guard !isInFlight(payment.id) else { return nil }
        if let knownSlot, known[knownSlot].isLag(payment.summary, callBegan: listing.began) {
            // A call of its own that began later may have said the same already.
            if isChange(payment.summary, known[knownSlot]) || known[knownSlot].isNewer(than: payment.summary) {
                self.listing?.lagging += 1
            }
            return nil
        }
        let reports = slot.map { self.reports(in: $0, for: listing) } ?? []
        if reports.isEmpty, let knownSlot, !isChange(payment.summary, known[knownSlot]) { return nil }
        return claim(payment.id, slot, reports, listing)
    }

    /// What a whole listing does not show although it shows higher and lower ids, and what waits for it: each as by a 404.
    package func absentees() -> [PaymentID] {
        guard let listing, let bounds = listing.bounds else { return [] }
        var absent: [PaymentID] = []
        pending.forEachSlot { slot in
            let id = pending[slot].id
            guard bounds.contains(id), pending[slot].shownIn != listing.number, pending[slot].hasReports else { return }
            absent.append(id)
        }
        return absent
    }

    /// Takes an absentee, if one of its reports had its turn when the listing began; nil when not. A claim must be concluded.
    package mutating func claimAbsent(_ id: PaymentID) -> Claim? {
        // One that was confirmed before is there, whatever the list lacks: only a call of its own tells.
        guard let listing, !isInFlight(id), let slot = pending.slot(of: id), !pending[slot].wasConfirmed else {
            return nil
        }
        let reports = self.reports(in: slot, for: listing)
        guard reports.contains(where: { $0.due <= listing.began }) else { return nil }
        return claim(id, slot, reports, listing)
    }

    private func reports(in slot: Int, for listing: Listing) -> [WaitingReport] {
        listing.generation == generation ? pending[slot].reports.filter { $0.seq <= listing.upTo } : []
    }

    private mutating func claim(_ id: PaymentID, _ slot: Int?, _ reports: [WaitingReport], _ listing: Listing) -> Claim
    {
        let claim = Claim(
            id: id, reports: reports, began: listing.began, newestReport: listing.upTo,
            generation: listing.generation)
        pending.begin(claim)
        return claim
    }

    /// What a listing's answer comes to for one payment, and what caused it. Changes nothing, like
    /// ``judge(_:_:_:now:wallClock:)``.
    ///
    /// The baseline holds what was there before this program came: that is no news, but for a payment of which a webhook has
    /// told, and for one that changed since the journal was first opened.
    package func judgeListed(
        _ claim: Claim, _ answer: Answer, _ reports: [ClaimedReport], now: Instant, wallClock: Int64
    ) -> (Judgement, Record.Cause) {
        var judgement = judge(claim, answer, reports, now: now, wallClock: wallClock)
        guard let confirmation = judgement.confirmation else { return (judgement, .webhook) }
        // Of one that nobody can read any more it is known at least that it came.
        let hasTold = !confirmation.of.isEmpty || reports.contains { $0.report == nil }
        if hasTold { return (judgement, .webhook) }
        // Also one that came while the listing was under way, and has not been claimed for it.
        let isReported = pending.slot(of: claim.id).map { pending[$0].hasReports } ?? false
        guard let listing, listing.isBaseline, !isReported, known.slot(of: claim.id) == nil,
            !hasChangedSinceOpening(confirmation.payment)
        else { return (judgement, .reconcile) }
        judgement.confirmation = Judgement.Confirmation(payment: confirmation.payment, isChange: false, of: [])
        return (judgement, .baseline)
    }

    private func hasChangedSinceOpening(_ payment: ConfirmedPayment) -> Bool {
        guard let openedAt, let changed = payment.updatedAt ?? payment.createdAt else { return false }
        return changed.nanoseconds > openedAt
    }

    /// Ends the listing. Only a whole one says anything by what it lacks.
    package mutating func endListing(isWhole: Bool) -> ListingSummary {
        guard let listing else { return ListingSummary() }
        self.listing = nil
        var summary = ListingSummary()
        summary.count = listing.count
        summary.confirmed = listing.confirmed
        summary.lagging = listing.lagging
        guard isWhole else { return summary }
        if listing.generation == generation { listedUpTo = max(listedUpTo, listing.upTo) }
        if listing.upTo >= yieldedAt { yieldedAt = 0 }
        summary.completedBaseline = listing.isBaseline
        listing.forEachLacking { slot in
            summary.lacking += 1
            if summary.lackingExamples.count < 10 { summary.lackingExamples.append(known[slot].id) }
        }
        return summary
    }

    /// Notes what caused a `confirmed` record, for those that a webhook should have told of.
    package mutating func noteCause(_ cause: Record.Cause, isChange: Bool) {
        guard isChange else { return }
        switch cause {
        case .reconcile:
            totals.unannounced += 1
            totals.unannouncedInARow += 1
        case .webhook: totals.unannouncedInARow = 0
        case .baseline, .manual: break
        }
    }

    /// Notes a report that told what was known already: its webhook came after all.
    package mutating func noteAnnouncement() {
        totals.unannouncedInARow = 0
    }

    /// Counts a confirmation for the listing that brought it.
    package mutating func noteListedConfirmation() {
        listing?.confirmed += 1
    }

    /// Applies an `opened` record, written at a time in nanoseconds since 1970.
    package mutating func opened(at time: Int64) {
        openedAt = openedAt ?? time
    }
}
