#if PostgreSQL
    import Configuration
    import JournalFormat
    import JournalStore
    import Ledger
    import Payments
    import PostgreSQLStore
    import SharedLedger

    /// A database that a journal is copied from.
    struct DatabaseCopySource: CopySource {
        let journal: String?
        let bytes: Int64
        private let stored: PostgreSQLJournal
        private let standing: PostgreSQLJournal.Standing?
        private let gone: DroppedRanges

        /// Throws `DatabaseFault`, and `CommandFailure` when a daemon runs on it.
        init(_ stored: PostgreSQLJournal, isCopy: Bool = false) throws {
            self.stored = stored
            standing = try stored.standing()
            if let node = standing?.nodes.first {
                throw CommandFailure(.tryAgain, "a daemon runs on the database's ledger, on \(node). Stop it first")
            }
            if standing?.isCopying == true, !isCopy { throw JournalCopyFault.unfinished }
            journal = standing?.journal
            bytes = standing?.bytes ?? 0
            gone = DroppedRanges(standing?.gaps ?? [])
        }

        func page(after seq: Int64) throws -> [CopiedRecord] {
            guard let standing else { return [] }
            var selection = PostgreSQLJournal.Selection()
            selection.after = seq
            let page = try stored.records(selection)
            var next = gone.next(from: seq + 1)
            for record in page {
                guard record.seq == next else { throw JournalCopyFault.damaged("record \(next) is missing") }
                next = gone.next(from: record.seq + 1)
                do throws(LineFault) {
                    let entry = try Entry(line: record.line.span)
                    guard entry.seq == record.seq else { throw .sequence(expected: record.seq, found: entry.seq) }
                } catch {
                    let fault = error.named { () throws(DatabaseFault) in try stored.opened(before: record.seq) }
                    let what = "record \(record.seq): \(fault)"
                    if case .laterVersion = fault { throw JournalCopyFault.laterVersion(what) }
                    throw JournalCopyFault.damaged(what)
                }
            }
            if page.isEmpty, next <= standing.seq { throw JournalCopyFault.damaged("record \(next) is missing") }
            if let last = page.last?.seq, last > standing.seq {
                throw CommandFailure(.tryAgain, "a daemon has begun to write into the database's ledger. Stop it first")
            }
            return page.map { CopiedRecord(seq: $0.seq, line: $0.line, beginsSegment: $0.kind == "opened") }
        }
    }

    /// A database that a journal is copied to.
    final class DatabaseCopyTarget: CopyTarget {
        private(set) var content: CopyContent
        private let database: PostgreSQLDatabase
        private var stored: PostgreSQLJournal { database.journal }
        /// The last record that is there.
        private var last: Int64 = 0

        init(_ database: PostgreSQLDatabase) throws {
            self.database = database
            guard let standing = try database.journal.standing() else {
                content = .nothing
                return
            }
            if let node = standing.nodes.first {
                throw CommandFailure(.tryAgain, "a daemon runs on the database's ledger, on \(node). Stop it first")
            }
            content =
                if standing.isCopying {
                    .part(journal: standing.journal)
                } else {
                    standing.seq == 0 ? .nothing : .whole(journal: standing.journal)
                }
        }

        func begin(journal: String) throws -> Int64 {
            last = try stored.beginCopy(of: journal)
            content = .part(journal: journal)
            return last
        }

        func append(_ records: [CopiedRecord]) throws {
            var rest = records[...]
            while !rest.isEmpty {
                var rows: [RecordRow] = []
                for record in rest.prefix(1000) {
                    rows.append(try RecordRow(line: record.line))
                }
                rest = rest.dropFirst(rows.count)
                try stored.append(rows, behind: last)
                last = rows.last?.seq ?? last
            }
        }

        /// The first node that decides reads all of it, and keeps the state beside it.
        func seal() throws {}

        func finish() throws { try stored.finishCopy() }

        func source() throws -> any CopySource { try DatabaseCopySource(stored, isCopy: true) }
    }
#endif
