import JournalFormat
import Ledger
import Payments
import SharedLedger

/// What one simulated server holds. Each method is one transaction.
struct Tables: Sendable {
    var journal: String?
    /// Without a gap, but for those that are pruned.
    private(set) var rows: [StoredRow] = []
    /// Those that were pruned, for the judge.
    private(set) var gone: [StoredRow] = []
    var inbox: [InboxRow] = []
    var nodes: [Int64: (row: NodeRow, seen: Int64)] = [:]
    var lease: StoredLease?
    var stored: StoredCheckpoint?
    var commands: [CommandRow] = []
    private var lastCommand: Int64 = 0

    /// The last that was pruned.
    var pruned: Int64 { gone.last?.record.seq ?? 0 }

    /// The last record.
    var last: Int64 { rows.last?.record.seq ?? pruned }

    func row(_ seq: Int64) -> StoredRow? {
        guard let first = rows.first?.record.seq, seq >= first, seq - first < rows.count else { return nil }
        return rows[Int(seq - first)]
    }

    /// The records behind one and up to another.
    func rows(after seq: Int64, upTo last: Int64) -> ArraySlice<StoredRow> {
        guard let first = rows.first?.record.seq, last >= first else { return [] }
        let start = Int(min(max(0, seq + 1 - first), Int64(rows.count)))
        let end = Int(min(last + 1 - first, Int64(rows.count)))
        return start < end ? rows[start..<end] : []
    }

    // MARK: Proofs

    /// Whether there is what a node has seen.
    func satisfies(_ proof: ServerProof.Value) -> Bool {
        if let lease, lease.epoch < proof.epoch { return false }
        return holds(proof)
    }

    /// Whether there is the record that a node has seen.
    func holds(_ proof: ServerProof.Value) -> Bool {
        if proof.seq == 0 || pruned >= proof.seq { return true }
        guard let row = row(proof.seq) else { return false }
        return row.record.line.starts(with: proof.head)
    }

    /// Whether a record is there, or later ones.
    func reaches(_ seq: Int64) -> Bool { last >= seq }

    func isFenced(_ epoch: Int64) -> Bool { lease?.epoch == epoch }

    func standing(at time: Int64) -> LedgerStanding {
        let living = nodes.values.filter { time - $0.seen < LedgerStanding.nodeLifetime }.map(\.row)
        let row = lease.map { lease in
            LeaseRow(
                epoch: lease.epoch, node: lease.node, name: lease.name, since: lease.since, left: lease.until - time,
                durable: lease.durable, head: Array(self.row(lease.durable)?.stored.head ?? []), isFull: lease.isFull)
        }
        let oldest = inbox.filter { nodes[$0.report.node] != nil }.map(\.time).min()
        return LedgerStanding(
            lease: row, nodes: living.sorted { $0.node < $1.node }, time: time, oldestReportAt: oldest)
    }

    // MARK: Reports

    /// Nil when it is behind the epoch that the node has seen.
    mutating func accept(
        _ reports: [InboxReport], knownOnly: Bool, seen epoch: Int64, at time: Int64
    ) throws(DatabaseFault) -> Set<Int64>? {
        if let lease, lease.epoch < epoch { return nil }
        if reports.contains(where: { new in
            inbox.contains { $0.report.node == new.node && $0.report.number == new.number }
        }) {
            throw DatabaseFault(kind: .failed, message: "a report of that number is there already (23505)")
        }
        var refused: Set<Int64> = []
        let known = knownOnly ? knownPayments : []
        for report in reports {
            if knownOnly, !known.contains(report.members.payment) {
                refused.insert(report.number)
            } else {
                inbox.append(InboxRow(time: time, report: report))
            }
        }
        return refused
    }

    private var knownPayments: Set<Int64> {
        Set(rows.filter { ["confirmed", "known"].contains($0.record.kind) }.compactMap(\.record.payment))
    }

    /// Those of nodes that have a row.
    func reports(behind numbers: [Int64: Int64], atMost count: Int) -> [InboxReport] {
        var counts: [Int64: Int] = [:]
        return sorted.filter { row in
            let node = row.report.node
            guard nodes[node] != nil, row.report.number > numbers[node] ?? .min else { return false }
            counts[node, default: 0] += 1
            return counts[node] ?? 0 <= count
        }.map(\.report)
    }

    func allReports(atMost count: Int) -> [InboxReport] { sorted.prefix(count).map(\.report) }

    private var sorted: [InboxRow] {
        inbox.sorted { ($0.report.node, $0.report.number) < ($1.report.node, $1.report.number) }
    }

    // MARK: Deciding

    /// The lease, taken; nil when somebody else has it, or another epoch than the node has seen is over.
    mutating func takeLease(_ claim: LeaseClaim, seen epoch: Int64, at time: Int64) -> LeaseGrant? {
        let old =
            lease ?? StoredLease(epoch: max(epoch, rows.last?.epoch ?? 0, time / 1000), name: "", since: 0, until: 0)
        guard old.epoch >= epoch,
            old.node == nil || old.node == claim.node || old.until < time || old.until > time + 2 * claim.duration
        else { return nil }
        lease = StoredLease(
            epoch: old.epoch + 1, node: claim.node, name: claim.name, since: time, until: time + claim.duration,
            durable: old.durable)
        return LeaseGrant(epoch: old.epoch + 1, last: rows.last?.stored, pruned: pruned)
    }

    mutating func renew(_ claim: LeaseClaim, durable: Int64, isFull: Bool, at time: Int64) -> Bool {
        guard let epoch = claim.epoch, isFenced(epoch), lease?.node == claim.node else { return false }
        lease?.until = time + claim.duration
        lease?.durable = durable
        lease?.isFull = isFull
        return true
    }

    mutating func release(_ epoch: Int64, durable: Int64, at time: Int64) -> Bool {
        guard isFenced(epoch) else { return false }
        lease?.node = nil
        lease?.until = time
        lease?.durable = durable
        return true
    }

    /// Writes a batch; false in another epoch. Throws when a number is there already.
    mutating func append(
        _ batch: LedgerBatch, epoch: Int64, as written: Int64, at time: Int64
    ) throws(DatabaseFault) -> Bool {
        guard isFenced(epoch) else { return false }
        var next = last + 1
        for record in batch.records {
            guard record.seq >= next else {
                throw DatabaseFault(kind: .failed, message: "record \(record.seq) is there already (23505)")
            }
            next = record.seq + 1
        }
        for record in batch.records {
            rows.append(StoredRow(record: record, epoch: written, node: lease?.name ?? "", committed: time))
        }
        inbox.removeAll { row in
            batch.taken.contains { $0.node == row.report.node && $0.numbers.contains(row.report.number) }
        }
        return true
    }

    // MARK: Maintenance

    /// What may be dropped: up to a segment's first record whose predecessor is old.
    func old(before time: Int64, limit: Int64) -> OldRecords? {
        var end: Int64?
        for (row, next) in zip(rows, rows.dropFirst()) where next.record.kind == "opened" && next.record.seq <= limit {
            if row.record.time >= time { break }
            end = next.record.seq
        }
        guard let end else { return nil }
        let rows = rows(after: 0, upTo: end - 1)
        return OldRecords(
            end: end, records: Int64(rows.count), bytes: rows.bytes, segments: rows.segments)
    }

    mutating func drop(before end: Int64, epoch: Int64) -> Bool {
        guard isFenced(epoch) else { return false }
        let going = rows(after: 0, upTo: end - 1).prefix { $0.record.seq <= stored?.seq ?? 0 }
        stored?.bytes -= going.reduce(0) { $0 + Int64($1.record.line.count) + 1 }
        stored?.segments -= Int64(going.count { $0.record.kind == "opened" })
        let count = rows(after: 0, upTo: end - 1).count
        gone += rows.prefix(count)
        rows.removeFirst(count)
        return true
    }

    mutating func replaceLast(by record: RecordRow) {
        guard let last = rows.popLast() else { return }
        rows.append(StoredRow(record: record, epoch: last.epoch, node: last.node, committed: last.committed))
    }

    mutating func lose(record seq: Int64) { rows.removeAll { $0.record.seq == seq } }

    // MARK: Commands

    mutating func ask(_ text: String, at time: Int64) -> Int64 {
        lastCommand += 1
        commands.append(CommandRow(number: lastCommand, time: time, text: text))
        return lastCommand
    }

    mutating func takeCommands(_ epoch: Int64, at time: Int64) -> [StoredCommand]? {
        guard isFenced(epoch) else { return nil }
        commands.removeAll { time - $0.time > 3600 * 1_000_000_000 }
        var taken: [StoredCommand] = []
        for index in commands.indices where !commands[index].isTaken {
            guard time - commands[index].time <= StoredCommand.lifetime else { continue }
            commands[index].isTaken = true
            taken.append(StoredCommand(number: commands[index].number, text: commands[index].text))
        }
        return taken
    }

    mutating func answer(_ command: Int64, with text: String) {
        for index in commands.indices where commands[index].number == command { commands[index].answer = text }
    }
}

extension Collection<StoredRow> {
    var bytes: Int64 { reduce(0) { $0 + Int64($1.record.line.count) + 1 } }

    var segments: Int64 { Int64(count { $0.record.kind == "opened" }) }
}
