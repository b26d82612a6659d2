import JournalFormat
import Payments
import Synchronization

// The beginning and the end.
extension SharedLedger {
    /// Joins the others, reads the state, and begins with the turns. Throws ``DatabaseFault``, and `OtherAccount` when the
    /// ledger is about another account.
    public func open() async throws {
        try await Task(executorPreference: database.executor) { try await self.start() }.value
        loop.withLock { $0 = Task(executorPreference: database.executor) { await self.run() } }
        // Every run of the program begins with one.
        try await perform { draft, _ -> Decision<Void> in
            draft.open()
            return Decision(result: .success(()))
        }
    }

    private func start() async throws {
        let (identity, account) = core.withLock { ($0.identity, $0.options.account) }
        let joined = try await database.join(identity)
        if let line = joined.opened, case .opened(let opened)? = try? Entry(line: line.span).record {
            try LedgerAccount(api: opened.api, client: opened.client).refuse(other: account)
        }
        let loaded = try await database.load()
        try core.withLock { core in
            guard core.state.restore(loaded.rows) else {
                throw DatabaseFault(kind: .damaged, message: "the folded state in the database makes no sense")
            }
            core.journal = joined.journal
            core.cut = loaded.cut
            core.foldedSeq = loaded.cut.seq
            core.state.resume(now: now())
        }
        while true {
            let view = try await database.look(after: core.withLock { $0.cut })
            switch absorb(view, isLocked: false) {
            case .ready:
                core.withLock { $0.foldedSeq = nil }
                return await recallTimes()
            case .behind: continue
            case .outcast: throw DatabaseFault(kind: .failed, message: "the other nodes took this one for dead")
            case .lost(let reason): throw DatabaseFault(kind: .failed, message: reason)
            }
        }
    }

    /// Times that stand in records which are folded. What cannot be read counts for nothing: a figure is no reason to fail.
    private func recallTimes() async {
        let (received, confirmed) = core.withLock { ($0.state.newestReportSeq, $0.state.newestConfirmationSeq) }
        let seqs = [received, confirmed].filter { $0 > 0 }
        let records = seqs.isEmpty ? [] : (try? await database.records.records(seqs)) ?? []
        core.withLock { core in
            for record in records {
                guard let entry = try? Entry(line: record.line.span) else { continue }
                if record.seq == received { core.times.received = entry.time }
                if record.seq == confirmed { core.times.confirmed = entry.time }
            }
        }
    }

    /// Tells the others that it is gone, and gives back what only one may do. Nothing can be recorded afterwards.
    public func end() async {
        let isOpen = core.withLock { core in
            core.isClosing = true
            return !core.isEnded
        }
        refuse("the program stops")
        waker.wake()
        guard isOpen else { return }
        // A database that does not answer is not waited for: then the lease runs out by itself.
        surroundings.after(5_000_000_000) { [weak self] in
            self?.core.withLock { $0.isEnded = true }
            self?.waker.wake()
        }
        await loop.withLock { $0 }?.value
    }

    /// The same, for whoever has a thread to block.
    public func close() {
        surroundings.wait { done in
            Task(executorPreference: database.executor) {
                await self.end()
                done()
            }
        }
    }
}
