#if PostgreSQL
    import Configuration
    import Glibc
    import JournalFormat
    import JournalStore
    import Ledger
    import POSIX
    import PostgreSQLStore
    import SharedLedger

    /// A journal that a database keeps.
    struct DatabaseSource: JournalSource {
        private let url: DatabaseURL
        private let database: PostgreSQLDatabase
        private let segmentBytes: Int64
        private var journal: PostgreSQLJournal { database.journal }

        init(_ url: DatabaseURL, _ settings: Settings) throws {
            self.url = url
            segmentBytes = Int64(settings.journalSegmentBytes)
            do throws(DatabaseFault) { database = try DatabaseBackend.database(url, settings) } catch {
                throw CommandFailure(error, configured: url)
            }
        }

        var segments: Int { get throws { Int(try standing().segments) } }

        var now: Int64 { get throws { try standing().now } }

        func forEachLine(matching filter: RecordFilter, _ body: (ArraySlice<UInt8>, Entry) -> Void) throws -> String? {
            let standing = try standing()
            let gone = DroppedRanges(standing.gaps)
            var selection = PostgreSQLJournal.Selection()
            selection.after = filter.after
            selection.last = standing.seq
            selection.payment = filter.payment
            selection.kinds = filter.kinds.sorted()
            selection.since = filter.since
            var next = gone.next(from: filter.after + 1)
            while true {
                let page = try asking { () throws(DatabaseFault) in try journal.records(selection) }
                for record in page {
                    // Nobody can tell what is missing where only some are asked for.
                    if filter.isWhole, record.seq != next { return "record \(next) is missing" }
                    next = gone.next(from: record.seq + 1)
                    do throws(LineFault) {
                        let entry = try Entry(line: record.line.span)
                        if filter.matches(entry) { body(record.line[...], entry) }
                    } catch { return "record \(record.seq): \(named(error, record.seq))" }
                }
                guard page.count == PostgreSQLJournal.page, let last = page.last?.seq else {
                    return filter.isWhole && next <= standing.seq ? "record \(next) is missing" : nil
                }
                selection.after = last
            }
        }

        func tail(after seq: Int64?) throws -> any RecordTail {
            let last = try seq ?? standing().seq
            return DatabaseTail(url: url, journal: journal, reader: SharedReader(database, after: last))
        }

        func verify(_ progress: (Int64, Int64) -> Void) throws -> VerifyReport {
            let found = try withoutActuallyEscaping(progress) { progress in
                try asking { () throws(DatabaseFault) in
                    try journal.look { standing, checkpoint in
                        let audit = SharedAudit(
                            .init(
                                seq: standing.seq, bytes: standing.bytes, segments: standing.segments,
                                gaps: standing.gaps, checkpoint: checkpoint))
                        return (audit: audit, isCopying: standing.isCopying)
                    } _: { found, record in
                        found.audit.add(record)
                        if found.audit.records % 4096 == 0 { progress(found.audit.bytes, found.audit.claims.bytes) }
                    }
                }
            }
            guard var found else { throw absence }
            found.audit.end()
            return VerifyReport(found.audit, isHalfCopied: found.isCopying, url)
        }

        // MARK: Pruning

        func prune(before: Int64, dryRun: Bool) throws -> PruneReport {
            let standing = try standing()
            let before = try beforeLast(before, standing)
            if dryRun { return try plan(before: before, standing) }
            if let node = standing.nodes.first {
                throw CommandFailure(
                    .tryAgain,
                    "a daemon runs on the database's ledger, on \(node): have that prune, with ECRYPTOPAY_JOURNAL_KEEP, or stop it first"
                )
            }
            guard let line = try asking({ () throws(DatabaseFault) in try journal.opened() }) else {
                return PruneReport()
            }
            let opened = try opened(line)
            // Whoever opens the ledger writes into it.
            let planned = try plan(before: before, standing)
            if planned.segments.isEmpty {
                try asking { () throws(DatabaseFault) in try journal.removeRemains() }
                return planned
            }
            let node = SharedNode(
                database,
                .init(
                    limits: Self.limits, account: LedgerAccount(api: opened.api, client: opened.client),
                    name: HostName.current, version: Program.version, journal: standing.journal,
                    segmentBytes: segmentBytes, configuration: [:]), seed: .random(in: .min ... .max))
            do {
                try node.open()
                defer { _ = try? blocking { await node.close() } }
                return try term(of: node).ledger.prune(before: before)
            } catch let fault as DatabaseFault { throw CommandFailure(fault, configured: url) }
        }

        private func opened(_ line: [UInt8]) throws -> Record.Opened {
            let place = "the newest record of the kind \"opened\""
            do throws(LineFault) {
                if case .opened(let opened) = try Entry(line: line.span).record { return opened }
            } catch {
                if case .laterVersion = error { throw CommandFailure(DatabaseFault(error, in: place), configured: url) }
            }
            throw CommandFailure(DatabaseFault(kind: .damaged, message: "\(place) is none"), configured: url)
        }

        /// The start of whoever prunes begins another segment: the one that was the last must not go for that.
        private func beforeLast(_ time: Int64, _ standing: PostgreSQLJournal.Standing) throws -> Int64 {
            let last = try asking { () throws(DatabaseFault) in try database.records([standing.seq]) }.first
            guard let last, let entry = try? Entry(line: last.line.span) else { return time }
            return min(time, entry.time)
        }

        /// Waits until this process decides: the lease of a daemon that was killed runs on for some seconds.
        private func term(of node: SharedNode) throws -> Term {
            node.start { _ in }
            let end = Clock.monotonic() + Self.patience.nanoseconds
            while Clock.monotonic() < end {
                if let term = node.term { return term }
                if let failure = node.failure { throw CommandFailure(.inputOutput, failure) }
                usleep(20_000)
            }
            throw CommandFailure(
                .tryAgain, "another process decides on the database's ledger; stop it, and try again")
        }

        private static let patience: Duration = .seconds(30)

        /// Enough to replay with; nothing is claimed here, and no report is taken.
        private static let limits = LedgerState.Limits(maxPending: .max, confirmRate: 1, confirmWindow: .zero)

        /// What would go, told without writing anything.
        private func plan(before: Int64, _ standing: PostgreSQLJournal.Standing) throws -> PruneReport {
            var state = LedgerState(limits: Self.limits, seed: 0, now: Instant(nanoseconds: 0))
            var fault: DatabaseFault?
            _ = try asking { () throws(DatabaseFault) in
                try journal.look { _, _ in
                } _: { _, record in
                    do throws(LineFault) { try state.replay(StoredRecord(seq: record.seq, line: record.line)) } catch {
                        fault = fault ?? DatabaseFault(named(error, record.seq), in: "record \(record.seq)")
                    }
                }
            }
            if let fault { throw CommandFailure(fault, configured: url) }
            let hold = state.pruningHold
            var report = PruneReport()
            let (old, more) = try asking { () throws(DatabaseFault) in
                (
                    try database.old(before: before, limit: min(hold?.seq ?? .max, standing.seq)),
                    try database.old(before: before, limit: standing.seq)
                )
            }
            if let hold, more?.end ?? 0 > old?.end ?? 0 { report.heldBy = hold.reason }
            guard let old else { return report }
            report.segments = (0..<old.segments).map { "segment \($0 + 1)" }
            report.records = old.records
            report.bytes = old.bytes
            report.known = state.knownCount(before: old.end)
            return report
        }

        // MARK: Parts

        private func standing() throws -> PostgreSQLJournal.Standing {
            guard let standing = try asking({ () throws(DatabaseFault) in try journal.standing() }) else {
                throw absence
            }
            return standing
        }

        private var absence: CommandFailure {
            CommandFailure(.noInput, "there is no ledger in the database at \(url); the daemon's first start makes one")
        }

        /// With the version that wrote the record, where a later one did.
        private func named(_ fault: LineFault, _ seq: Int64) -> LineFault {
            fault.named { () throws(DatabaseFault) in try journal.opened(before: seq) }
        }

        private func asking<Value>(_ body: () throws(DatabaseFault) -> Value) throws -> Value {
            do throws(DatabaseFault) { return try body() } catch { throw CommandFailure(error, configured: url) }
        }
    }

    /// Reads on in a database, which may be gone for a while.
    private struct DatabaseTail: RecordTail {
        let url: DatabaseURL
        let journal: PostgreSQLJournal
        var reader: SharedReader

        mutating func poll(
            _ body: (ArraySlice<UInt8>, Entry) -> Void, pruned: (ClosedRange<Int64>) -> Void,
            damaged: (Damage) -> Void
        ) throws -> String? {
            let last: Int64
            do throws(DatabaseFault) { last = try journal.last() } catch {
                guard error.kind.mayPass else { throw CommandFailure(error, configured: url) }
                throw RecordsUnreachable("the database does not answer: \(error)")
            }
            do { return try reader.read(atMost: .max, upTo: last, body, pruned: pruned, damaged: damaged) } catch let
                fault as LineFault
            {
                return "record \(reader.next): \(fault)"
            }
        }
    }

    extension RecordFilter {
        /// Whether it lets through every record behind the first one.
        fileprivate var isWhole: Bool { payment == nil && kinds.isEmpty && since == .min }
    }

    extension VerifyReport {
        fileprivate init(_ audit: SharedAudit, isHalfCopied: Bool, _ url: DatabaseURL) {
            let state = Self.state(problems: audit.problemCount, later: audit.laterCount, isHalfCopied: isHalfCopied)
            let problems = "\(audit.problemCount) problems in the database at \(url)"
            let damage = """
                \(problems): somebody or something else has written into its tables, or its disk is damaged. Restore the database \
                from its backup
                """
            let hint = audit.laterVersion.map { "\(problems); hint: \($0.hint)" } ?? damage
            self.init(
                sentence: """
                    \(audit.records) good records, \(audit.bytes) bytes in \(audit.segments) segments: \(state)\
                    \(Self.note(passedOver: audit.passedOver))
                    """,
                json: """
                    {"records":\(audit.records),"bytes":\(audit.bytes),"segments":\(audit.segments),"claimed":\(audit.claims.seq),\
                    "passed_over":\(audit.passedOver.json),\
                    "problems":\(audit.problemCount + (isHalfCopied ? 1 : 0))}
                    """, problems: (isHalfCopied ? [Self.halfCopied] : []) + audit.problems,
                hint: isHalfCopied ? Self.halfCopiedHint : audit.problemCount == 0 ? nil : hint)
        }
    }
#endif
