#if PostgreSQL
    import Payments
    import SharedLedger

    /// Reads what the server shows of the ledger.
    enum ViewReader {
        /// Joins the answers to ``Statement/head`` or ``Statement/lock``, ``Statement/view`` and, if it was asked, ``Statement/anchor``.
        ///
        /// Without the lock the second sees more than the first; that is left for the next time. In an answer that is not whole
        /// nothing is shown that belongs behind something that is not.
        static func read(
            _ head: Head, _ view: Answer, after cut: Cut, anchor: Answer?
        ) throws(DatabaseFault) -> SharedView {
            var result = SharedView(
                head: head, time: 0, nodes: [], leases: [], records: [], notes: [], isWhole: true, anchor: nil)
            for row in 0..<view.count { try add(row, of: view, to: &result) }
            // Some engines answer the parts of a union side by side.
            if !result.records.isSorted(by: \.seq) { result.records.sort { $0.seq < $1.seq } }
            if !result.notes.isSorted(by: \.number) { result.notes.sort { $0.number < $1.number } }
            let lastRecord = result.records.count < Statement.viewLimit ? nil : result.records.last?.seq
            let lastNote = result.notes.count < Statement.viewLimit ? nil : result.notes.last
            result.records.drop(behind: head.cut.seq, by: \.seq)
            result.notes.drop(behind: head.cut.note, by: \.number)
            if let last = lastRecord, last < head.cut.seq {
                result.isWhole = false
                result.notes.drop(behind: last, by: \.seq)
            }
            if let last = lastNote, last.number < head.cut.note {
                result.isWhole = false
                result.records.drop(behind: last.seq, by: \.seq)
            }
            if let anchor { result.anchor = try read(anchor, of: cut) }
            return result
        }

        /// No node has a longer one: what is in the table is bounded before anybody reckons with it. In microseconds.
        private static let longestLease: Int64 = 3_600_000_000

        private static func add(_ row: Int, of view: Answer, to result: inout SharedView) throws(DatabaseFault) {
            let (a, b, c) = (try view.int8(row, 1), try view.int8(row, 2), try view.int8(row, 3))
            switch try view.int8(row, 0) {
            case 0: result.time = a * 1000
            case 1:
                let lease = min(max(0, try view.int8(row, 6)), longestLease)
                result.nodes.append(NodeRow(node: a, turn: b, lease: lease * 1000, isExpired: c != 0))
            case 2: result.leases.append(LeaseRow(name: try view.text(row, 4), node: a))
            case 3:
                result.records.append(
                    StoredRecord(
                        seq: a, node: b, order: c, line: try view.bytes(row, 4), report: try view.optionalInt8(row, 6)))
            default: result.notes.append(StoredNote(number: a, seq: b, node: c, body: try view.bytes(row, 5)))
            }
        }

        /// Nil where the record was pruned, or there never was one.
        private static func read(_ anchor: Answer, of cut: Cut) throws(DatabaseFault) -> SharedView.Anchor? {
            if try !anchor.isNull(0, 0) { return .line(try anchor.bytes(0, 0)) }
            let isGone = try anchor.bool(0, 1)
            if cut.seq == 0 || isGone { return nil }
            return .missing
        }
    }

    extension Head {
        /// Reads the answer to ``Statement/head`` or ``Statement/lock``; throws when the ledger is not to be touched by this program.
        init(_ answer: Answer) throws(DatabaseFault) {
            guard answer.count == 1 else {
                throw DatabaseFault(kind: .damaged, message: "there is no ledger in the database any more")
            }
            let schema = try answer.int8(0, 0)
            guard schema == Schema.version else {
                throw DatabaseFault(
                    kind: .schema,
                    message:
                        "the database's tables have version \(schema) now, and this program knows \(Schema.version)")
            }
            guard try !answer.bool(0, 1) else {
                throw DatabaseFault(
                    kind: .configuration,
                    message:
                        "a copy into the database has begun and is not whole: go on with \"ecryptopayd journal copy\"")
            }
            self.init(
                cut: Cut(seq: try answer.int8(0, 2), note: try answer.int8(0, 3)), bytes: try answer.int8(0, 4),
                segments: try answer.int8(0, 5), segmentBytes: try answer.int8(0, 6),
                budget: SharedBudget(
                    emptyAt: [try answer.int8(0, 7), try answer.int8(0, 8)], nextClass: Int(try answer.int8(0, 9)),
                    pausedUntil: try answer.int8(0, 10)))
        }
    }

    extension Array {
        fileprivate func isSorted(by key: (Element) -> Int64) -> Bool {
            zip(self, dropFirst()).allSatisfy { key($0) < key($1) }
        }

        /// Drops from an end what lies behind a number.
        fileprivate mutating func drop(behind number: Int64, by key: (Element) -> Int64) {
            while let last, key(last) > number { removeLast() }
        }
    }
#endif
