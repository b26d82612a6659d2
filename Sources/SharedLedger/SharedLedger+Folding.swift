import Payments
import Synchronization

// Folding: what the records come to is put into tables now and then, so that a start need not read all of them. One node does it
// for all, beside its turns.
extension SharedLedger {
    /// What this node has to fold.
    struct Folding: Sendable {
        /// The folded state is as of this record, or will be when the fold that is under way has ended; nil while that is being
        /// found out.
        var seq: Int64?
        /// It certainly is as of this record, or a later one.
        var reached: Int64 = 0
        /// Payments that have changed since.
        var changed: Set<PaymentID>
    }

    /// How long changes wait.
    static let foldInterval: Int64 = 10_000_000_000
    /// How many changes do not wait.
    static let mostChanged = 100_000

    /// Begins a fold, of the state as it is between two turns: then it is that of one record.
    func fold() {
        let now = surroundings.monotonic()
        let work = core.withLock { core -> FoldWork? in
            guard core.isFoldDue(now) else { return nil }
            core.lastFold = now
            core.isFolding = true
            guard let folding = core.folding, let seq = folding.seq else {
                // From now on, so that nothing is missed between the answer and its being here.
                core.folding = Folding(seq: nil, changed: core.folding?.changed ?? [])
                return .find
            }
            let payments = folding.changed.sorted()
            core.folding = Folding(seq: core.cut.seq, reached: folding.reached, changed: [])
            return .write(
                core.state.rows(of: payments), payments, from: seq, to: core.cut.seq, head: core.lastHead)
        }
        guard let work else { return }
        Task(executorPreference: database.executor) {
            await self.perform(work)
            self.core.withLock { $0.isFolding = false }
            self.waker.wake()
        }
    }

    private enum FoldWork: Sendable {
        /// Finds out what there is to fold.
        case find
        case write(LedgerRows, [PaymentID], from: Int64, to: Int64, head: [UInt8])
    }

    private func perform(_ work: FoldWork) async {
        switch work {
        case .find:
            let unfolded = await asking { () throws(DatabaseFault) in try await database.keeper.unfolded() }
            core.withLock { core in
                core.folding?.seq = unfolded?.seq
                core.folding?.reached = unfolded?.seq ?? 0
                core.folding?.changed.formUnion(unfolded?.payments ?? [])
                // What goes out again stands in no record.
                core.folding?.changed.formUnion(core.state.paymentsToDeliver)
            }
        case .write(let rows, let payments, let previous, let seq, let head):
            let isFolded = await asking { () throws(DatabaseFault) in
                try await database.keeper.fold(rows, of: payments, from: previous, to: seq, whoseLineBegins: head)
            }
            core.withLock { core in
                // Else nobody knows what is there: it is found out anew.
                if isFolded == true { core.folding?.reached = seq } else { core.folding = nil }
            }
        }
    }

    /// Nil when it may be asked again. Tables that are damaged end the ledger, before a start finds that it cannot go on from them.
    private func asking<Value>(_ question: () async throws(DatabaseFault) -> Value) async -> Value? {
        do throws(DatabaseFault) { return try await question() } catch {
            if error.kind == .damaged { end(error.message) }
            return nil
        }
    }
}

extension SharedLedger.Core {
    func isFoldDue(_ now: Int64) -> Bool {
        // Deliveries that have ended in the state and not in a record must not be folded.
        guard leases.contains("keep"), !isFolding, !isClosing, doubt == nil, owed.isEmpty,
            !orders.contains(where: { $0.expires == nil })
        else {
            return false
        }
        guard let folding, let seq = folding.seq else {
            return isFoldForced || now - lastFold >= SharedLedger.foldInterval / 10
        }
        if folding.changed.count >= SharedLedger.mostChanged { return true }
        if isFoldForced, seq < cut.seq || !folding.changed.isEmpty { return true }
        return !folding.changed.isEmpty && now - lastFold >= SharedLedger.foldInterval
    }
}
