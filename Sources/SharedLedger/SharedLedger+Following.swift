import JournalFormat
import Payments
import Synchronization

// Keeping up with the others, and with a database that is not always there.
extension SharedLedger {
    enum Absorbed {
        case ready
        /// There is more than should be read while the head is locked.
        case behind
        /// The others take this node for dead.
        case outcast
        /// The database lacks what it had acknowledged.
        case lost(String)
    }

    /// Looks what the others did, without the lock.
    func look() async {
        let cut = core.withLock { core in
            core.lastLook = surroundings.monotonic()
            return core.seen
        }
        let view: SharedView
        do { view = try await step { () async throws(DatabaseFault) in try await database.look(after: cut) } } catch {
            return await failed(error)
        }
        failures.store(0, ordering: .relaxed)
        switch absorb(view, isLocked: false) {
        case .ready: break
        case .behind: break
        case .outcast: await rejoin()
        case .lost(let reason): end(reason)
        }
    }

    /// Applies what the others did. Before that it is clear what became of a turn that was in doubt, if the head is locked.
    func absorb(_ view: SharedView, isLocked: Bool) -> Absorbed {
        let now = now()
        let (absorbed, following) = core.withLock { core -> (Absorbed, Core.Following) in
            if let reason = core.loss(view) { return (.lost(reason), Core.Following()) }
            core.isNoteDoubtful = false
            core.noteTime(view.time, at: now.nanoseconds)
            core.segments = view.head.segments
            core.bytes = view.head.bytes
            if isLocked, let doubt = core.doubt.take() { resolve(doubt, view, &core) }
            let following = core.follow(view, now: now)
            if let seq = following.damage {
                return (.lost("record \(seq) in the database is not what it should be"), following)
            }
            if following.hasMissed {
                return (.lost("this node has not followed the others for so long that it has to begin anew"), following)
            }
            if let number = following.strangeNote {
                return (
                    .lost("note \(number) in the database is none that this version of the program knows"), following
                )
            }
            placesLeft.store(core.state.placesLeft, ordering: .relaxed)
            if core.owed.isEmpty { shown.store(core.cut.seq, ordering: .releasing) }
            core.isBehind = !view.isWhole
            guard view.isWhole else { return (.behind, following) }
            guard view.nodes.contains(where: { $0.node == core.node }) else { return (.outcast, following) }
            core.note(view.nodes, view.leases, at: now.nanoseconds)
            return (.ready, following)
        }
        // An order may have expired while nobody could tell what becomes of it.
        expireOrders()
        if following.count > 0 || following.hasNews || following.isAskedToList { tell(of: following) }
        return absorbed
    }

    private func tell(of following: Core.Following) {
        telling.withLock { _ in
            let committed = committedPosition.load(ordering: .relaxed)
            tell { $0.ledgerDidCommit(upTo: committed) }
        }
        tell { observer in
            if following.hasNews { observer.ledgerDidAnnounce() }
            if following.isAskedToList { observer.ledgerWasAskedToList() }
        }
    }

    /// A turn whose commit got no answer: the node's row says whether it was committed. If it was, another commit has to follow
    /// before anybody is told: a server that was killed shows, when it is back, what its standby may never have got.
    private func resolve(_ doubt: Draft, _ view: SharedView, _ core: inout Core) {
        let row = view.nodes.first { $0.node == core.node }
        let isCommitted =
            if let row {
                row.turn == doubt.turn.number
            } else if let first = doubt.turn.records.first {
                // Taken for dead meanwhile; only its records can tell.
                view.records.contains { $0.seq == first.seq && $0.node == core.node }
            } else {
                false
            }
        if isCommitted {
            apply(doubt, &core)
            core.owed.append(doubt)
        } else {
            inbox.withLock { undo(doubt, &core, &$0) }
        }
    }

    /// Joins under another number: what was under way under the old one is the others' now.
    func rejoin() async {
        let identity = core.withLock { core in
            let now = now()
            for (claim, _) in core.pool { core.state.putBack(claim, now: now) }
            core.pool = []
            for draft in core.owed { for claim in draft.claims { core.state.putBack(claim, now: now) } }
            core.owed = core.owed.map { draft in
                var draft = draft
                draft.claims = []
                return draft
            }
            core.state.forgetOwnCalls(now: now)
            core.notes.removeAll { note in
                switch note {
                case .ended, .endedListing: true
                default: false
                }
            }
            core.node = Self.nextNumber(after: core.node)
            core.turnNumber = 0
            core.leaseEnd = Core.never
            core.leases = []
            core.isBehind = false
            core.folding = nil
            core.watched = [:]
            return core.identity
        }
        do { _ = try await step { () async throws(DatabaseFault) in try await database.join(identity) } } catch {
            await failed(error)
        }
    }

    /// The database did not do what it was asked: again after a while, and meanwhile no report is taken in.
    func failed(_ fault: DatabaseFault) async {
        if fault.kind == .schema || fault.kind == .damaged { return end(fault.message) }
        expireOrders()
        core.withLock { $0.isNoteDoubtful = true }
        let count = failures.add(1, ordering: .relaxed).newValue
        // Others stood in the way, as they may.
        if fault.kind == .conflict, count <= 10 { return }
        refuse(fault.message)
        // Only a turn tells that it does again.
        core.withLock { $0.lastTurn = Core.never }
        let pause: Int64 = min(100_000_000 << Int64(min(count, 5)), 2_000_000_000)
        let jitter = core.withLock { $0.draw(pause / 2) }
        let until = surroundings.monotonic() + pause / 2 + jitter
        while surroundings.monotonic() < until {
            if core.withLock({ $0.isEnded }) { break }
            await waker.wait(until: until)
        }
    }

    /// Takes no report in until a turn succeeds.
    func refuse(_ reason: String) {
        inbox.withLock { $0.refusal = reason }
    }

    // MARK: What waits for too long

    /// Rejects the reports that have waited for too long, and all others with them.
    func expireReports() {
        let now = surroundings.monotonic()
        let oldest = inbox.withLock { inbox in
            inbox.isWatched = inbox.oldest.map { now - $0 < Self.patience } ?? false
            return inbox.oldest
        }
        guard let oldest else { return }
        if now - oldest < Self.patience {
            surroundings.after(oldest + Self.patience - now) { [weak self] in self?.expireReports() }
        } else {
            rejectReports(unavailability ?? "the database did not answer in \(Self.patience / 1_000_000_000) s")
        }
    }

    /// Rejects all reports that wait. Nothing is told to be durable in between, or one that is gone would be acknowledged for
    /// another.
    func rejectReports(_ reason: String) {
        telling.withLock { _ in
            inbox.withLock { $0.reject() }
            tell { $0.ledgerDidReject(after: committedPosition.load(ordering: .relaxed), reason: reason) }
        }
    }

    /// Gives up the orders that have waited for too long.
    func expireOrders() {
        let now = now()
        let expired = core.withLock { core -> [Order] in
            let expired = core.orders.filter { ($0.expires ?? .max) <= now.nanoseconds }
            for order in expired { core.notes += order.giveUp(&core.state, now) }
            core.orders.removeAll { ($0.expires ?? .max) <= now.nanoseconds }
            let inDoubt = (core.doubt?.plans ?? []) + core.owed.flatMap(\.plans)
            return expired + inDoubt.map(\.order).filter { ($0.expires ?? .max) <= now.nanoseconds }
        }
        guard !expired.isEmpty else { return }
        let fault = DatabaseFault(kind: .deadline, message: unavailability ?? "the database did not answer in time")
        for order in expired { order.fail(fault) }
    }

    // MARK: The end

    /// Nothing more will be written.
    func end(_ reason: String) {
        let orders = core.withLock { core in
            core.failure = reason
            core.isEnded = true
            let orders = core.orders + (core.doubt?.plans ?? []).map(\.order) + core.owed.flatMap(\.plans).map(\.order)
            core.orders = []
            return orders
        }
        refuse(reason)
        rejectReports(reason)
        for order in orders { order.fail(DatabaseFault(kind: .failed, message: reason)) }
        tell { $0.ledgerDidFail(reason: reason, errno: 5) }
        waker.wake()
    }
}

extension SharedLedger.Core {
    /// Notes what the server's clock says. An answer that took longer shows it behind, so the greatest difference counts, but
    /// for a slow drift, and for a clock that was set.
    mutating func noteTime(_ time: Int64, at now: Int64) {
        let measured = time - now
        let wasSet = offsetFrom == Self.never || abs(offset - measured) > 1_000_000_000
        // A clock that loses a two-thousandth is a bad one.
        offset = wasSet ? measured : max(measured, offset - (now - offsetFrom) / 2000)
        offsetFrom = now
    }

    /// Whether what the others must know has waited long enough for another reason to write.
    mutating func areNotesDue(_ now: Int64) -> Bool {
        guard !notes.isEmpty else { return false }
        let since = notesFrom ?? now
        notesFrom = since
        return now - since >= SharedLedger.noteDelay
    }

    /// Behind what the database is asked for more. After a failure the last note is asked for again: a standby that took over may
    /// have another one, and nothing else may tell so.
    var seen: Cut { isNoteDoubtful && lastNote != nil ? Cut(seq: cut.seq, note: cut.note - 1) : cut }

    /// Why the database is not the one that this node has followed; nil when it is.
    func loss(_ view: SharedView) -> String? {
        guard view.head.cut.seq >= cut.seq, view.head.cut.note >= cut.note else {
            return """
                the database lacks records that it had acknowledged: it ends with \(view.head.cut.seq), and record \(cut.seq) \
                was there
                """
        }
        if let lastNote, let note = view.notes.first, note.number == lastNote.number,
            note.node != lastNote.node || note.body != lastNote.body
        {
            return "the database has another note \(note.number) than the one that it had acknowledged"
        }
        guard let anchor = view.anchor, !lastHead.isEmpty else { return nil }
        if case .line(let line) = anchor, StoredRecord.head(of: line) == lastHead { return nil }
        return "the database has another record \(cut.seq) than the one that it had acknowledged"
    }

    var opened: Record.Opened {
        Record.Opened(
            format: RecordCodec.format, journal: journal, version: options.version, api: options.account.api,
            client: options.account.client, endpoints: state.endpoints.isEmpty ? nil : state.endpoints)
    }

    var identity: NodeIdentity {
        NodeIdentity(
            number: node, name: options.name, version: options.version, journal: options.journal, lease: options.lease)
    }
}
