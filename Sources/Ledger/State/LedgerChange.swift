package import JournalFormat
package import Payments

/// What a record changes in the ledger's state.
package enum LedgerChange: Sendable {
    case received(AdmittedReport)
    /// `callBegan` is when the call began whose answer it is: the distant past for one of an earlier run.
    case confirmed(ConfirmedSummary, of: [Int64], isChange: Bool, cause: Record.Cause, callBegan: Instant)
    /// What was confirmed in records that have been pruned.
    case known(ConfirmedSummary)
    /// The same of a payment whose last answer stands in the record `from`; it means nothing when there is a newer one.
    case repeated(PaymentID, from: Int64)
    case refuted(PaymentID, of: Int64)
    case abandoned(PaymentID, of: [Int64])
    /// At a time in nanoseconds since 1970; `endpoints` is nil in a record that does not say.
    case opened(at: Int64, endpoints: [String]?)
    case deliveryEnded(PaymentID, of: Int64, endpoint: String, DeliveryEnding)
    case baseline
}

extension LedgerChange {
    /// What a record of the journal says; nil when it changes nothing.
    init?(_ entry: EntryView, _ line: Span<UInt8>) {
        switch entry.record {
        case .received(let received):
            guard let report = try? ReportedSummary(body: line.extracting(received.report)) else { return nil }
            self = .received(report.admitted)
        case .confirmed(let confirmed):
            let answer = line.extracting(confirmed.current)
            guard let payment = try? ConfirmedSummary(answer: answer, asked: confirmed.payment) else { return nil }
            self = .confirmed(
                payment, of: confirmed.of, isChange: confirmed.news, cause: confirmed.cause, callBegan: .distantPast)
        case .known(let id, let current):
            guard let payment = try? ConfirmedSummary(answer: line.extracting(current), asked: id) else { return nil }
            self = .known(payment)
        case .other(.refuted(let id, let of, _)): self = .refuted(id, of: of)
        case .other(.abandoned(let abandoned)): self = .abandoned(abandoned.payment, of: abandoned.of)
        case .other(.opened(let opened)): self = .opened(at: entry.time, endpoints: opened.endpoints)
        case .other(.delivered(let delivery)): self = .ended(delivery, isDelivered: true)
        case .other(.undeliverable(let delivery)): self = .ended(delivery, isDelivered: false)
        case .other(.baseline): self = .baseline
        case .other: return nil
        }
    }

    package static func ended(_ delivery: Record.Delivery, isDelivered: Bool) -> LedgerChange {
        .deliveryEnded(
            delivery.payment, of: delivery.of, endpoint: delivery.endpoint,
            isDelivered ? .delivered : delivery.isUnreadable ? .unreadable : .undeliverable)
    }
}

extension LedgerState {
    /// Applies a record that an earlier run of the program wrote; ``resume(now:)`` makes everything due afterwards.
    package mutating func replay(_ entry: EntryView, _ line: Span<UInt8>, offset: Int64) {
        guard let change = LedgerChange(entry, line) else { return }
        apply(change, at: JournalPosition(seq: entry.seq, offset: offset), now: nil)
    }

    /// Applies a record: the only way in which one changes the state, so that a restart ends where the running program was. `now` is nil
    /// in a replay.
    package mutating func apply(_ change: LedgerChange, at position: JournalPosition, now: Instant?) {
        switch change {
        case .received(let report): received(report, at: position, now: now)
        case .confirmed(let payment, let of, let isChange, let cause, let callBegan):
            confirmed(payment, of: of, seq: position.seq, callBegan: callBegan)
            noteCause(cause, isChange: isChange)
            if isChange { announced(payment.id, position, now: now) }
        case .known(let payment): knew(payment, seq: position.seq)
        case .repeated(let id, let from): repeated(id, from: from, as: position.seq)
        case .refuted(let id, let of): refuted(id, of: of)
        case .abandoned(let id, let of): abandoned(id, of: of, seq: position.seq)
        case .opened(let time, let endpoints):
            opened(at: time)
            if let endpoints { self.opened(endpoints, seq: position.seq, isReplay: now == nil) }
        case .deliveryEnded(let id, let of, let endpoint, let ending):
            deliveryEnded(id, of: of, endpoint: endpoint, ending, now: now)
        case .baseline: hasBaseline = true
        }
    }
}

extension Judgement {
    /// What there is to journal, in order, the truth first; and what each record changes once it is durable.
    package func records(_ claim: Claim, _ cause: Record.Cause) -> [(record: Record, change: LedgerChange)] {
        var records: [(record: Record, change: LedgerChange)] = []
        if let confirmation {
            let record = Record.Confirmed(
                payment: claim.id, current: confirmation.payment.json, news: confirmation.isChange, of: confirmation.of,
                cause: cause)
            let change = LedgerChange.confirmed(
                confirmation.payment.summary, of: confirmation.of, isChange: confirmation.isChange, cause: cause,
                callBegan: claim.began)
            records.append((.confirmed(record), change))
        }
        for refutation in refutations {
            records.append(
                (
                    .refuted(payment: claim.id, of: refutation.of, reason: refutation.reason.rawValue),
                    .refuted(claim.id, of: refutation.of)
                ))
        }
        if let abandonment {
            let record = Record.Abandoned(
                payment: claim.id, of: abandonment.of, attempts: abandonment.attempts, error: abandonment.error)
            records.append((.abandoned(record), .abandoned(claim.id, of: abandonment.of)))
        }
        return records
    }
}
