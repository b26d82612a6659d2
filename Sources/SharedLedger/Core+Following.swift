import JournalFormat
import Payments

// What the others did is applied as this node's own would be.
extension SharedLedger.Core {
    /// Records and notes, in the order in which the turns wrote them. Answers whether there was news among them.
    mutating func follow(_ view: SharedView, now: Instant) -> Following {
        var following = Following()
        var records = view.records.drop { $0.seq <= cut.seq }
        for note in view.notes where note.number > cut.note {
            while let record = records.first, record.seq <= note.seq {
                records.removeFirst()
                follow(record, now, &following)
            }
            // A whole view shows every record before its notes; else the rest comes with the next.
            if note.seq > cut.seq { return following }
            // They are forgotten after an hour, and then nobody can tell what this node has missed.
            guard note.number == cut.note + 1 else {
                following.hasMissed = true
                return following
            }
            cut.note = note.number
            lastNote = note
            follow(note, now, &following)
        }
        for record in records { follow(record, now, &following) }
        if view.isWhole, cut.note < view.head.cut.note { following.hasMissed = true }
        state.forgetTaken()
        return following
    }

    private mutating func follow(_ record: StoredRecord, _ now: Instant, _ following: inout Following) {
        // Old records go only where everything is settled, which a node that follows has seen long before.
        guard record.seq == cut.seq + 1, record.report != nil || follow(record, read: now, &following) else {
            following.damage = following.damage ?? record.seq
            return
        }
        if let payment = record.report {
            state.received(
                payment, fingerprint: UInt64(bitPattern: record.order), seq: record.seq, offset: 0, now: now)
            folding?.changed.insert(payment)
            times.received = now.nanoseconds + offset
        }
        cut.seq = record.seq
        lastHead = StoredRecord.head(of: record.line)
        following.count += 1
    }

    /// Reads a record's line, and applies it; false when it is not what it should be.
    private mutating func follow(_ record: StoredRecord, read now: Instant, _ following: inout Following) -> Bool {
        let line = record.line.span
        guard let entry = try? EntryView(RecordLine(checking: line), line), entry.seq == record.seq else {
            return false
        }
        state.replay(entry, line, offset: 0, now: now, order: Instant(nanoseconds: record.order))
        if case .confirmed(let confirmed) = entry.record, confirmed.news { following.hasNews = true }
        if let payment = entry.record.payment { folding?.changed.insert(payment) }
        times.note(entry)
        return true
    }

    private mutating func follow(_ note: StoredNote, _ now: Instant, _ following: inout Following) {
        if note.node == node { return }
        guard let notes = NoteCoder.decode(note.body) else {
            following.strangeNote = following.strangeNote ?? note.number
            return
        }
        for told in notes {
            switch told.moved(ahead: -offset) {
            case .began(let payment, let upTo):
                state.beganElsewhere(payment, node: note.node, upTo: upTo, now: now)
            case .ended(let payment, let schedule): state.endedElsewhere(payment, schedule, now: now)
            case .beganListing(let upTo): state.beganListingElsewhere(node: note.node, upTo: upTo)
            case .endedListing(let wholeAt):
                state.endedListingElsewhere()
                times.listed = wholeAt ?? times.listed
            case .redelivers where note.seq < foldedSeq ?? 0: break
            case .redelivers(let payment, let seq):
                redeliver(payment, seq, now)
                following.hasNews = true
            case .asksForListing: following.isAskedToList = true
            case .dead(let dead) where dead != node: state.forgetCalls(of: dead, now: now)
            case .dead: break
            }
        }
    }

    /// What this node itself told, where that changes something.
    mutating func applyOwn(_ note: SharedNote, _ now: Instant) {
        switch note {
        case .redelivers(let payment, let seq):
            redeliver(payment, seq, now)
        case .dead(let dead) where dead != node: state.forgetCalls(of: dead, now: now)
        default: break
        }
    }

    /// Has a record go out again. Where its delivery has ended and that is not written yet, it ends for the others behind what
    /// they are told now, and so it does here.
    private mutating func redeliver(_ payment: PaymentID, _ seq: Int64, _ now: Instant) {
        let ended = orders.compactMap(\.ends).filter { $0.position.seq == seq }.map(\.endpoint)
        state.redeliver(payment, DeliveryPosition(seq: seq, offset: 0), now: now, except: ended)
        folding?.changed.insert(payment)
    }

    /// Notes which payments have changed, for the next fold.
    mutating func note(_ records: [RecordRow]) {
        for record in records {
            if let payment = record.payment { folding?.changed.insert(payment) }
            times.note(record)
        }
    }

    /// What following has come to.
    struct Following {
        var count = 0
        var hasNews = false
        var isAskedToList = false
        /// A record that is not what it should be.
        var damage: Int64?
        /// Whether notes were forgotten before this node has seen them.
        var hasMissed = false
        /// A note that this program does not understand.
        var strangeNote: Int64?
    }

    // MARK: Nodes and leases

    /// What this node does if nobody else does.
    var wantedLeases: Set<String> {
        isClosing
            ? [] : Set(["listing", "keep"] + state.endpoints.filter(ownEndpoints.contains).map { "endpoint:\($0)" })
    }

    /// Notes who lives, and what this node alone does.
    mutating func note(_ nodes: [NodeRow], _ rows: [LeaseRow], at now: Int64) {
        for row in nodes where row.node != node {
            if watched[row.node]?.turn != row.turn { watched[row.node] = (row.turn, now) }
        }
        watched = watched.filter { number, _ in nodes.contains { $0.node == number } }
        leases = Set(rows.filter { $0.node == node }.map(\.name))
        if !leases.contains("keep") { folding = nil }
        isLeaseFree = !wantedLeases.subtracting(rows.map(\.name)).isEmpty
        // Whoever has no row has nothing under way, though nobody may have said so.
        state.forgetCalls(exceptOf: Set(nodes.map(\.node)), now: Instant(nanoseconds: now))
        isSomebodyDead = nodes.contains { $0.node != node && isDead($0, at: now) }
    }

    /// Whether a node is: by the server's clock, and by what this one has seen of it. The server's clock may have been set back
    /// since the node was there; then it is asked for nothing, and this one's counts for more.
    func isDead(_ row: NodeRow, at now: Int64) -> Bool {
        guard let seen = watched[row.node], seen.turn == row.turn else { return false }
        return now - seen.since >= (row.isExpired ? row.lease : 3 * row.lease)
    }

    /// Whether an attempt to deliver may begin now. Not while the others could still say that what it tells of was never written.
    func mayDeliver(to endpoint: String, at now: Int64) -> Bool {
        leases.contains("endpoint:\(endpoint)") && owed.isEmpty && !hasUnprovenNews
            && mayBegin(SharedLedger.longestDelivery, at: now)
    }

    /// Whether a call of the API may begin now.
    func mayBeginCall(at now: Int64) -> Bool {
        state.pausedUntil.nanoseconds <= now && mayBegin(options.longestCall, at: now)
    }

    /// Counts the time for which the machine was suspended as having passed for the lease: the server's clock went on.
    mutating func noteSuspension(_ time: Int64) {
        // Less is what lies between reading two clocks.
        guard time - suspended > 1_000_000 else { return }
        leaseEnd -= time - suspended
        suspended = time
    }

    /// Whether something that takes so long may begin now: the node certainly lives longer.
    func mayBegin(_ duration: Duration, at now: Int64) -> Bool {
        leaseEnd - now > duration.nanoseconds + 1_000_000_000
    }
}
