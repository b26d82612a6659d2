package import JournalFormat
package import Payments

extension LedgerState {
    /// Applies a record that an earlier run of the program wrote; ``resume(now:)`` makes everything due afterwards.
    package mutating func replay(_ entry: EntryView, _ line: Span<UInt8>, offset: Int64) {
        switch entry.record {
        case .received(let received):
            guard let report = try? ReportedSummary(body: line.extracting(received.report)) else { return }
            self.received(report.admitted, seq: entry.seq, offset: offset, now: nil)
        case .confirmed(let confirmed):
            let answer = line.extracting(confirmed.current)
            guard let payment = try? ConfirmedSummary(answer: answer, asked: confirmed.payment) else { return }
            self.confirmed(payment, of: confirmed.of, seq: entry.seq, callBegan: .distantPast)
            noteCause(confirmed.cause, isNews: confirmed.news)
            if confirmed.news {
                announced(confirmed.payment, DeliveryPosition(seq: entry.seq, offset: offset), now: nil)
            }
        case .known(let payment, let current):
            let answer = line.extracting(current)
            guard let payment = try? ConfirmedSummary(answer: answer, asked: payment) else { return }
            knew(payment, seq: entry.seq)
        case .other(.refuted(let payment, let of, _)): refuted(payment, of: of)
        case .other(.abandoned(let abandoned)): self.abandoned(abandoned.payment, of: abandoned.of, seq: entry.seq)
        case .other(.opened(let opened)):
            self.opened(at: entry.time)
            if let endpoints = opened.endpoints { configured(endpoints: endpoints, seq: entry.seq) }
        case .other(.delivered(let delivery)):
            deliveryEnded(delivery.payment, of: delivery.of, endpoint: delivery.endpoint, isDelivered: true, now: nil)
        case .other(.undeliverable(let delivery)):
            deliveryEnded(delivery.payment, of: delivery.of, endpoint: delivery.endpoint, isDelivered: false, now: nil)
        case .other(.baseline): completedBaseline()
        case .other: break
        }
    }
}

extension Judgement {
    /// What there is to journal, in order: the truth first.
    package func records(payment: PaymentID, cause: Record.Cause) -> [Record] {
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
