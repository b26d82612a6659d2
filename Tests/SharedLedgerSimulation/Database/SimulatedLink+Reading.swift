package import Ledger
package import Payments
package import SharedLedger

// Reading, maintenance, and commands.
extension SimulatedLink {
    package func records(_ seqs: [Int64]) throws(DatabaseFault) -> [StoredRecord] {
        try read(.reading, through: seqs.max() ?? 0) { tables in seqs.compactMap { tables.row($0)?.stored } }
    }

    package func page(after seq: Int64, upTo last: Int64, atMost bytes: Int) throws(DatabaseFault) -> [StoredRecord] {
        try read(.reading, through: last) { tables in
            var (page, size): ([StoredRecord], Int) = ([], 0)
            for row in tables.rows(after: seq, upTo: last) {
                size += row.record.line.count
                if size > bytes, !page.isEmpty { break }
                page.append(row.stored)
            }
            return page
        }
    }

    package func first(since time: Int64, upTo last: Int64) throws(DatabaseFault) -> Int64? {
        try read(.reading, through: last) { tables in
            tables.rows(after: 0, upTo: last).first { $0.record.time >= time }?.record.seq
        }
    }

    package func opened(before seq: Int64) throws(DatabaseFault) -> [UInt8]? {
        try perform(.maintaining, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            tables.rows.last { $0.record.kind == "opened" && $0.record.seq < seq }?.record.line
        }
    }

    package func changes(
        _ selection: Redelivery, upTo seq: Int64
    ) throws(DatabaseFault) -> [(payment: PaymentID, seq: Int64)] {
        try read(.maintaining, through: seq) { tables in
            tables.rows(after: 0, upTo: seq).compactMap { row in
                guard row.record.isChange, selection.selects(row.record), let payment = row.record.payment else {
                    return nil
                }
                return (payment, row.record.seq)
            }
        }
    }

    // MARK: Maintenance

    package func checkpoint() throws(DatabaseFault) -> StoredCheckpoint? {
        try perform(.maintaining, .other, writes: false) { (tables, _) throws(DatabaseFault) in tables.stored }
    }

    package func save(_ checkpoint: StoredCheckpoint, epoch: Int64) throws(DatabaseFault) -> Bool {
        try perform(.maintaining, .save, writes: true) { (tables, _) throws(DatabaseFault) in
            guard tables.isFenced(epoch) else { return false }
            tables.stored = checkpoint
            return true
        }
    }

    package func size(after seq: Int64, upTo last: Int64) throws(DatabaseFault) -> (bytes: Int64, segments: Int64) {
        try perform(.maintaining, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            let rows = tables.rows(after: seq, upTo: last)
            return (rows.bytes, rows.segments)
        }
    }

    package func old(before time: Int64, limit: Int64) throws(DatabaseFault) -> OldRecords? {
        try perform(.maintaining, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            tables.old(before: time, limit: limit)
        }
    }

    package func knowledge(
        after seq: Int64, before end: Int64, atMost count: Int
    ) throws(DatabaseFault) -> [StoredRecord] {
        try perform(.maintaining, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            tables.rows(after: seq, upTo: end - 1)
                .filter { ["confirmed", "known", "baseline"].contains($0.record.kind) }.prefix(count).map(\.stored)
        }
    }

    package func drop(before end: Int64, epoch: Int64) throws(DatabaseFault) -> Bool {
        try perform(.maintaining, .drop, writes: true) { (tables, _) throws(DatabaseFault) in
            tables.drop(before: end, epoch: epoch)
        }
    }

    // MARK: Commands

    package func ask(_ command: String, of node: Int64) throws(DatabaseFault) -> Int64 {
        let number = try perform(.watching, .other, writes: true) { (tables, time) throws(DatabaseFault) in
            tables.ask(command, at: time.server)
        }
        database.notify(.other, from: owner)
        return number
    }

    package func answer(to command: Int64) throws(DatabaseFault) -> String? {
        try perform(.watching, .other, writes: false) { (tables, _) throws(DatabaseFault) in
            tables.commands.first { $0.number == command }?.answer
        }
    }

    package func withdraw(_ command: Int64) throws(DatabaseFault) {
        try perform(.watching, .other, writes: true) { (tables, _) throws(DatabaseFault) in
            tables.commands.removeAll { $0.number == command }
        }
    }

    package func takeCommands(epoch: Int64) throws(DatabaseFault) -> [StoredCommand]? {
        try perform(.watching, .other, writes: true) { (tables, time) throws(DatabaseFault) in
            tables.takeCommands(epoch, at: time.server)
        }
    }

    package func answer(_ command: Int64, with text: String) throws(DatabaseFault) {
        try perform(.watching, .other, writes: true) { (tables, _) throws(DatabaseFault) in
            tables.answer(command, with: text)
        }
        database.notify(.other, from: owner)
    }

    // MARK: Parts

    /// Asks a server that has a record, or later ones, and all that proves it to be the newest: one that was replaced by another would
    /// have the newest look as if they were gone, or show what was never acknowledged in their place.
    private func read<Value: Sendable>(
        _ purpose: DatabaseCall.Purpose, through seq: Int64, _ question: @escaping @Sendable (Tables) -> Value
    ) throws(DatabaseFault) -> Value {
        let (isUnchecked, proof) = (database.isBroken(by: .uncheckedReads), proof.value)
        let value = try perform(purpose, .other, writes: false) { (tables, _) throws(DatabaseFault) -> Value? in
            isUnchecked || tables.reaches(seq) && tables.satisfies(proof) ? question(tables) : nil
        }
        guard let value else { throw behind(purpose) }
        return value
    }

    func behind(_ purpose: DatabaseCall.Purpose) -> DatabaseFault {
        close(purpose)
        return SimulatedDatabase.fault(.behind)
    }
}

extension Redelivery {
    fileprivate func selects(_ record: RecordRow) -> Bool {
        switch self {
        case .record(let seq): record.seq == seq
        case .payment(let payment): record.payment == payment
        case .since(let time): record.time >= time
        }
    }
}
