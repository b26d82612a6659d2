import JournalFormat
public import Payments
import Synchronization

// Pruning: old records in which everything is settled go. What they knew of each payment is first written anew, so that nothing
// is forgotten. One node does it for all, beside its turns.
extension SharedLedger {
    /// So many words are written together.
    private static let wordsPerTurn = 256

    /// Drops the oldest segments whose last record is older than `before` (nanoseconds since 1970), as far as everything in
    /// them is settled; never the last segment, nor one that goes on behind record `limit`. Nil when another node does it. Throws
    /// ``DatabaseFault``.
    public func prune(before: Int64, upTo limit: Int64 = .max, dryRun: Bool = false) async throws -> PruneReport? {
        guard core.withLock({ $0.leases.contains("keep") }) else { return nil }
        var report = PruneReport()
        let hold = core.withLock { $0.state.pruningHold }
        let keeper = database.keeper
        let found = try await keeper.old(before: before, limit: min(hold?.seq ?? .max, limit, durable))
        // Only if more would go otherwise.
        if let hold, try await keeper.old(before: before, limit: min(limit, durable))?.end ?? 0 > found?.end ?? 0 {
            report.heldBy = hold.reason
        }
        guard let old = found else { return report }
        report.segments = (0..<old.segments).map { "segment \($0 + 1)" }
        report.records = old.records
        report.bytes = old.bytes
        // The words are looked for in what is folded, and without what stood there a start would know nothing.
        guard try await foldAll(old.end - 1) else { return nil }
        var last: PaymentID = 0
        while true {
            let words = try await keeper.lastWords(before: old.end, behind: last, atMost: Self.wordsPerTurn)
            guard let next = try words.last.flatMap({ try $0.record().payment }) else { break }
            last = next
            if dryRun {
                report.known += words.count
                continue
            }
            let kept = try await keep(words)
            report.known += kept.count
            if let busy = kept.busy {
                var report = PruneReport()
                report.heldBy = "payment \(busy), for which an API call was under way; the next attempt may succeed"
                return report
            }
        }
        if dryRun { return report }
        if let baseline = old.baseline { try await write(baseline.record()) }
        guard try await foldAll(durable), core.withLock({ $0.leases.contains("keep") }) else { return nil }
        try await keeper.drop(before: old.end)
        return report
    }

    /// Writes words anew, but for those on which another has been spoken since.
    private func keep(_ words: [StoredRecord]) async throws -> (count: Int, busy: PaymentID?) {
        let known = try words.compactMap { word in
            try word.record().knowledge.map {
                (payment: $0.payment, current: $0.current, seq: word.seq)
            }
        }
        return try await perform { draft, state -> Decision<(count: Int, busy: PaymentID?)> in
            let words = known.filter { state.isLastWord($0.seq, on: $0.payment) }
            // What is written anew must not stand behind the answer that is on its way.
            if let busy = words.first(where: { state.isInFlight($0.payment) }) {
                return Decision(result: .success((0, busy.payment)))
            }
            var moves: [(payment: PaymentID, old: Int64, new: Int64)] = []
            for word in words {
                let seq = draft.append(.known(payment: word.payment, current: word.current))
                moves.append((word.payment, word.seq, seq))
            }
            return Decision(
                result: .success((moves.count, nil)),
                apply: { [moves] state, _ in
                    for move in moves { state.repeated(move.payment, from: move.old, as: move.new) }
                    return []
                })
        }
    }

    /// Has everything up to a record be folded; false when this node does it no longer. Throws when it does not come to an end.
    private func foldAll(_ target: Int64) async throws -> Bool {
        defer { core.withLock { $0.isFoldForced = false } }
        for _ in 0..<200 {
            let isDone = core.withLock { core -> Bool? in
                guard core.leases.contains("keep") else { return nil }
                core.isFoldForced = (core.folding?.reached ?? 0) < target
                return !core.isFoldForced
            }
            guard let isDone else { return false }
            if isDone { return true }
            waker.wake()
            await withCheckedContinuation { continuation in
                surroundings.after(50_000_000) { continuation.resume() }
            }
        }
        throw DatabaseFault(kind: .deadline, message: "folding the state took too long")
    }

    private func write(_ record: Record) async throws {
        try await perform { draft, _ -> Decision<Void> in
            draft.append(record)
            return Decision(result: .success(()))
        }
    }
}

extension StoredRecord {
    /// What its line says.
    fileprivate func record() throws(DatabaseFault) -> Record {
        do throws(LineFault) { return try Entry(line: line.span).record } catch {
            throw DatabaseFault(kind: .damaged, message: "record \(seq): \(error)")
        }
    }
}
