import JournalFormat
import Payments
import SharedLedger

/// What a simulated server keeps: a value, so that it can be as it was before.
struct Tables: Sendable {
    struct Node: Sendable {
        let identity: NodeIdentity
        var turn: Int64
        var lease: Int64
        /// By the server's clock.
        var until: Int64
        /// When the lease was last renewed, in true time.
        var renewed: Int64
    }

    struct Note: Sendable {
        let note: StoredNote
        /// By the server's clock.
        let written: Int64
    }

    struct Row: Sendable {
        let stored: StoredRecord
        let row: RecordRow
        /// When it was committed, in true time.
        let committed: Int64

        /// As a view shows it: a report in short.
        var shown: StoredRecord {
            guard row.kind == "received", row.order != 0 else { return stored }
            return StoredRecord(
                seq: stored.seq, node: stored.node, order: stored.order,
                line: Array(stored.line.prefix(StoredRecord.headLength)), report: row.payment)
        }
    }

    var journal: String?
    var head = Head(cut: Cut(seq: 0, note: 0), bytes: 0, segments: 0, segmentBytes: 0, budget: SharedBudget())
    /// Record n at n - 1, those included that have been dropped.
    var records: [Row] = []
    /// The first record that has not been dropped.
    var first: Int64 = 1
    var notes: [Note] = []
    var nodes: [Int64: Node] = [:]
    var leases: [String: Int64] = [:]
    /// Every lease that was taken, in order.
    var takings: [LeaseTaking] = []
    /// What each node calls itself that has ever joined.
    var names: [Int64: String] = [:]
    var folded = FoldedTables()

    /// What is behind a cut, or the first of it, in the order in which it was added.
    func view(after cut: Cut, time: Int64, limit: Int, isAnew: Bool) -> SharedView {
        var view = SharedView(
            head: head, time: time, nodes: [], leases: [], records: [], notes: [], isWhole: true, anchor: nil)
        for (number, node) in nodes.sorted(by: { $0.key < $1.key }) {
            view.nodes.append(NodeRow(node: number, turn: node.turn, lease: node.lease, isExpired: node.until < time))
        }
        for (name, node) in leases.sorted(by: { $0.key < $1.key }) {
            view.leases.append(LeaseRow(name: name, node: node))
        }
        var notes = notes[(firstNote(after: cut.note))...]
        var records = kept.dropFirst(max(0, Int(cut.seq - first) + 1))
        while !notes.isEmpty || !records.isEmpty {
            if view.notes.count + view.records.count == limit {
                view.isWhole = false
                break
            }
            if let note = notes.first?.note, records.first.map({ note.seq < $0.stored.seq }) ?? true {
                view.notes.append(note)
                notes.removeFirst()
            } else {
                view.records.append(records.removeFirst().shown)
            }
        }
        if isAnew, cut.seq >= first {
            view.anchor = cut.seq > self.records.count ? .missing : .line(self.records[Int(cut.seq) - 1].stored.line)
        }
        return view
    }

    /// The records that have not been dropped.
    var kept: ArraySlice<Row> { records[min(records.count, Int(first) - 1)...] }

    private func firstNote(after number: Int64) -> Int {
        // Few are kept, and those asked for are the last.
        (notes.lastIndex { $0.note.number <= number } ?? -1) + 1
    }

    // MARK: Turns

    /// Writes a turn.
    mutating func apply(_ turn: Turn, of node: Int64, clock: Int64, now: Int64) {
        for row in turn.records {
            let stored = StoredRecord(seq: row.seq, node: node, order: row.order, line: row.line)
            records.append(Row(stored: stored, row: row, committed: now))
        }
        if let body = turn.note {
            let note = StoredNote(number: turn.head.cut.note, seq: turn.head.cut.seq, node: node, body: body)
            notes.append(Note(note: note, written: clock))
        }
        head = turn.head
        for name in turn.freed { leases[name] = nil }
        for name in turn.taken {
            leases[name] = node
            takings.append(LeaseTaking(name: name, holder: names[node] ?? "", committed: now))
        }
        for dead in turn.dead { remove(dead) }
        if turn.isLast {
            remove(node)
        } else {
            nodes[node]?.turn = turn.number
            nodes[node]?.lease = turn.lease
            nodes[node]?.until = clock + turn.lease
            nodes[node]?.renewed = now
        }
    }

    private mutating func remove(_ node: Int64) {
        nodes[node] = nil
        leases = leases.filter { $0.value != node }
    }

    /// What no program may write; nil when the turn is right.
    func objection(to turn: Turn, of node: Int64, now: Int64) -> String? {
        guard let own = nodes[node] else { return "turn \(turn.number) of a node that has no row" }
        guard turn.number > own.turn else { return "turn \(turn.number) behind turn \(own.turn)" }
        if let objection = objection(toHead: turn) { return objection }
        for (index, row) in turn.records.enumerated() {
            if let objection = objection(to: row, at: head.cut.seq + Int64(index) + 1) { return objection }
        }
        for name in turn.taken {
            guard let holder = leases[name], holder != node, !turn.dead.contains(holder) else { continue }
            return "takes \(name), which node \(holder) has"
        }
        for name in turn.freed where leases[name] != node { return "frees \(name), which it has not" }
        for dead in turn.dead {
            guard dead != node, let row = nodes[dead] else { return "declares \(dead) dead, which is no other node" }
            guard now - row.renewed >= row.lease else {
                return "declares \(dead) dead, \(now - row.renewed) ns after its last turn"
            }
        }
        return nil
    }

    private func objection(toHead turn: Turn) -> String? {
        var expected = head
        expected.cut.seq += Int64(turn.records.count)
        if turn.note != nil { expected.cut.note += 1 }
        for row in turn.records {
            if row.kind == "opened" {
                expected.segments += 1
                expected.segmentBytes = 0
            }
            expected.bytes += Int64(row.line.count) + 1
            expected.segmentBytes += Int64(row.line.count) + 1
        }
        expected.budget = turn.head.budget
        return expected == turn.head ? nil : "the head would be \(turn.head), and ought to be \(expected)"
    }

    private func objection(to row: RecordRow, at seq: Int64) -> String? {
        guard row.seq == seq else { return "record \(row.seq) in the place of \(seq)" }
        guard let entry = try? Entry(line: row.line.span) else { return "record \(seq) cannot be read" }
        guard entry.seq == seq, entry.durable <= head.cut.seq else {
            return "record \(seq) says that it is \(entry.seq), and that \(entry.durable) is durable"
        }
        guard entry.record.kind == row.kind, entry.record.payment == row.payment, abs(entry.time - row.time) < 1000
        else { return "record \(seq) says something else than its row" }
        var isNews = false
        if case .confirmed(let confirmed) = entry.record { isNews = confirmed.news }
        return isNews == row.isNews ? nil : "record \(seq) says something else of news than its row"
    }
}
