import Ledger
import Payments
package import SharedLedger

// What PostgreSQL does, in the same order and with the same connections.
extension SimulatedLink: LedgerDatabase {
    package func prepare(journal: String) throws(DatabaseFault) -> LedgerIdentity {
        let identity = try perform(.maintaining, .prepare, writes: true) { (tables, _) throws(DatabaseFault) in
            let name = tables.journal ?? journal
            tables.journal = name
            let opened = tables.rows.last { $0.record.kind == "opened" }
            return LedgerIdentity(journal: name, opened: opened?.record.line)
        }
        notePrepared()
        return identity
    }

    package func listen(_ body: (@Sendable (LedgerNotification) -> Void)?) {
        if !isDead || body == nil { database.setListener(owner, body) }
    }

    // MARK: Accepting

    package func accept(
        _ reports: [InboxReport], knownOnly: Bool, notifies: Bool
    ) throws(DatabaseFault) -> Set<Int64> {
        note(reports)
        let seen = proof.value.epoch
        let refused = try perform(.accepting, .accept, writes: true) { (tables, time) throws(DatabaseFault) in
            try tables.accept(reports, knownOnly: knownOnly, seen: seen, at: time.server)
        }
        guard let refused else { throw behind(.accepting) }
        if notifies, refused.count < reports.count { database.notify(.inbox, from: owner) }
        return refused
    }

    package func oldestReport(of node: Int64, from number: Int64) throws(DatabaseFault) -> Int64? {
        try perform(.watching, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            tables.inbox.filter { $0.report.node == node && $0.report.number >= number }.map(\.report.number).min()
        }
    }

    // MARK: Watching

    package func watch(_ node: NodeRow, writes: Bool) throws(DatabaseFault) -> LedgerStanding {
        try perform(.watching, .watch, writes: writes) { (tables, time) throws(DatabaseFault) in
            if writes { tables.nodes[node.node] = (node, time.server) }
            return tables.standing(at: time.server)
        }
    }

    package func leave(_ node: Int64) throws(DatabaseFault) {
        try perform(.watching, .other, writes: true) { (tables, _) throws(DatabaseFault) in tables.nodes[node] = nil }
    }

    // MARK: Deciding

    package func takeLease(_ claim: LeaseClaim) throws(DatabaseFault) -> LeaseGrant? {
        let seen = proof.value.epoch
        let (grant, epoch) = try perform(.deciding, .takeLease, writes: true) { (tables, time) throws(DatabaseFault) in
            let grant = tables.takeLease(claim, seen: seen, at: time.server)
            return (grant, tables.lease?.epoch ?? .max)
        }
        if grant == nil, epoch < seen { throw behind(.deciding) }
        if let grant { database.noteTaking(claim, grant.epoch) }
        return grant
    }

    package func renewLease(_ claim: LeaseClaim, durable: Int64, isFull: Bool) throws(DatabaseFault) -> Bool {
        try perform(.deciding, .renew, writes: true) { (tables, time) throws(DatabaseFault) in
            tables.renew(claim, durable: durable, isFull: isFull, at: time.server)
        }
    }

    package func releaseLease(epoch: Int64, durable: Int64) throws(DatabaseFault) {
        let isReleased = try perform(.deciding, .release, writes: true) { (tables, time) throws(DatabaseFault) in
            tables.release(epoch, durable: durable, at: time.server)
        }
        if isReleased { database.notify(.other, from: owner) }
    }

    package func inbox(behind numbers: [Int64: Int64], atMost count: Int) throws(DatabaseFault) -> [InboxReport] {
        try perform(.deciding, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            tables.reports(behind: numbers, atMost: count)
        }
    }

    package func wholeInbox(atMost count: Int) throws(DatabaseFault) -> [InboxReport] {
        try perform(.deciding, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            tables.allReports(atMost: count)
        }
    }

    package func append(_ batch: LedgerBatch, epoch: Int64) throws(DatabaseFault) -> Bool {
        let isUnfenced = database.isBroken(by: .unfencedWrites)
        let isWritten = try perform(.deciding, .append, writes: true) { (tables, time) throws(DatabaseFault) in
            let fence = isUnfenced ? tables.lease?.epoch ?? epoch : epoch
            return try tables.append(batch, epoch: fence, as: epoch, at: time.world)
        }
        if isWritten { database.noteAcknowledged(batch, epoch: epoch) }
        return isWritten
    }

    package func announce(durable: Int64, head: [UInt8]) throws(DatabaseFault) {
        database.notify(.records(durable: durable, head: head), from: owner)
    }
}
