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
            return core.cut
        }
        let view: SharedView
        do { view = try await step { () async throws(DatabaseFault) in try await database.look(after: cut) } } catch {
            return await failed(error)
        }
        failures.store(0, ordering: .relaxed)
        switch absorb(view, isLocked: false) {
        case .ready: break
        case .behind: core.withLock { $0.lastLook = Core.never }
        case .outcast: await rejoin()
        case .lost(let reason): end(reason)
        }
    }

    /// Applies what the others did. Before that it is clear what became of a turn that was in doubt, if the head is locked.
    func absorb(_ view: SharedView, isLocked: Bool) -> Absorbed {
        let now = now()
        let (absorbed, following) = core.withLock { core -> (Absorbed, Core.Following) in
            if let reason = core.loss(view) { return (.lost(reason), Core.Following()) }
            core.offset = view.time - now.nanoseconds
            core.segments = view.head.segments
            core.bytes = view.head.bytes
            if isLocked, let doubt = core.doubt.take() { resolve(doubt, view, &core) }
            let following = core.follow(view, now: now)
            if let seq = following.damage {
                return (.lost("record \(seq) in the database is not what it should be"), following)
            }
            placesLeft.store(core.state.placesLeft, ordering: .relaxed)
            if core.owed.isEmpty { shown.store(core.cut.seq, ordering: .releasing) }
            guard view.isWhole else { return (.behind, following) }
            guard view.nodes.contains(where: { $0.node == core.node }) else { return (.outcast, following) }
            core.note(view.nodes, view.leases, at: now.nanoseconds)
            return (.ready, following)
        }
        if following.count > 0 || following.hasNews || following.isAskedToList { tell(of: following) }
        return absorbed
    }

    private func tell(of following: Core.Following) {
        let committed = committedPosition.load(ordering: .relaxed)
        tell { observer in
            observer.ledgerDidCommit(upTo: committed)
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
            core.notes = core.notes.filter { if case .ended = $0 { false } else { $0 != .endedListing } }
            core.node = Self.nextNumber(after: core.node)
            core.turnNumber = 0
            core.leaseEnd = Core.never
            core.leases = []
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
        if fault.kind == .schema { return end(fault.message) }
        let count = failures.add(1, ordering: .relaxed).newValue
        // Others stood in the way, as they may.
        if fault.kind == .conflict, count <= 10 { return }
        refuse(fault.message)
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
        let next: (isExpired: Bool, time: Int64?) = inbox.withLock { inbox in
            guard let oldest = inbox.oldest else {
                inbox.isWatched = false
                return (false, nil)
            }
            guard now - oldest >= Self.patience else { return (false, oldest + Self.patience) }
            inbox.reject()
            inbox.isWatched = false
            return (true, nil)
        }
        if let time = next.time {
            surroundings.after(time - now) { [weak self] in self?.expireReports() }
        } else if next.isExpired {
            let reason = unavailability ?? "the database did not answer in \(Self.patience / 1_000_000_000) s"
            tell { $0.ledgerDidReject(after: committedPosition.load(ordering: .relaxed), reason: reason) }
        }
    }

    /// Gives up the orders that have waited for too long.
    func expireOrders() {
        let now = now()
        let expired = core.withLock { core -> [Order] in
            let expired = core.orders.filter { ($0.expires ?? .max) <= now.nanoseconds }
            for order in expired { order.giveUp(&core.state, now) }
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
        inbox.withLock { inbox in
            inbox.refusal = reason
            inbox.reject()
        }
        for order in orders { order.fail(DatabaseFault(kind: .failed, message: reason)) }
        tell { $0.ledgerDidFail(reason: reason, errno: 5) }
        waker.wake()
    }
}

extension SharedLedger.Core {
    /// Why the database is not the one that this node has followed; nil when it is.
    func loss(_ view: SharedView) -> String? {
        guard view.head.cut.seq >= cut.seq, view.head.cut.note >= cut.note else {
            return """
                the database lacks records that it had acknowledged: it ends with \(view.head.cut.seq), and record \(cut.seq) \
                was there
                """
        }
        guard let anchor = view.anchor, !lastLine.isEmpty, anchor != .line(lastLine) else { return nil }
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
