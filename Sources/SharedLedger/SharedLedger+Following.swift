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
            core.hasUnprovenNews = core.hasUnprovenNews || following.hasNews
            core.isBehind = !view.isWhole
            guard view.isWhole else { return (.behind, following) }
            guard view.nodes.contains(where: { $0.node == core.node }) else { return (.outcast, following) }
            core.note(view.nodes, view.leases, at: now.nanoseconds)
            return (.ready, following)
        }
        // An order may have expired while nobody could tell what becomes of it.
        expireOrders()
        // Not of news: those are told when a commit of this node's own proves them.
        if following.count > 0 { tellOfReports() }
        if following.isAskedToList { tell { $0.ledgerWasAskedToList() } }
        return absorbed
    }

    /// What others wrote may be due here, whether or not anything of this node's own is committed.
    private func tellOfReports() {
        telling.withLock { _ in
            let committed = committedPosition.load(ordering: .relaxed)
            tell { $0.ledgerDidCommit(upTo: committed) }
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
}
