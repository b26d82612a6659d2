#if PostgreSQL
    import POSIX
    import Payments
    import SharedLedger

    /// The connection of a node's turns, and what it is in the middle of. It connects anew when it has to, and joins nothing anew.
    struct TurnSession {
        var string: ConnectionString
        private var connection: Connection?
        /// Whether nothing has been looked at yet since it connected.
        private var isAnew = true
        private(set) var identity: NodeIdentity?
        /// The head as the open transaction has locked it, and whether the node's own row was there.
        private var locked: (head: Head, isMember: Bool)?

        init(_ string: ConnectionString) { self.string = string }

        /// What a turn or a look may take in all, connecting included: less than the watchdog allows for, however slow each answer is.
        private static let patience: Duration = .seconds(20)

        /// The connection, made anew if there is none, for all that is asked within ``patience``.
        mutating func connected() throws(DatabaseFault) -> Connection {
            let end = Clock.monotonic() + Self.patience.nanoseconds
            if let connection, connection.isOpen {
                connection.end = end
                return connection
            }
            let connection = try Connection.open(string, within: Connection.patience)
            connection.end = end
            connection.settlePlans()
            // Before it has joined, the tables may not be there yet.
            if identity != nil { try connection.prepare(turnStatements: Statement.turns) }
            isAnew = true
            locked = nil
            self.connection = connection
            return connection
        }

        // MARK: Joining

        mutating func join(_ identity: NodeIdentity) throws(DatabaseFault) -> Joined {
            let connection = try connected()
            // A start may have to bring the tables to this program's version, and nobody waits for it.
            if self.identity == nil { connection.end = nil }
            locked = nil
            connection.abandonTransaction()
            try Migration(connection, node: identity.number).run()
            try connection.prepare(turnStatements: Statement.turns)
            try connection.ask(Self.found, .int8(Schema.version), .text(identity.journal))
            var flight = Flight(Statement.begin)
            let head = flight.add(Statement.lock)
            // Nobody joins while the ledger is being copied into.
            flight.add(
                Self.enter, .int8(identity.number), .text(identity.name), .text(identity.version),
                .int8(identity.lease / 1000))
            let opened = flight.add(Self.opened)
            let commit = flight.add(Statement.commit)
            // Before there is an answer: the row may be there though none comes.
            self.identity = identity
            let answers = try connection.ask(flight)
            _ = try Head(answers[head])
            guard answers[commit].tag == "COMMIT" else { throw Self.uncommitted(answers[commit]) }
            return Joined(
                journal: try answers[opened].text(0, 0),
                opened: try answers[opened].isNull(0, 1) ? nil : try answers[opened].bytes(0, 1))
        }

        private static let found = Statement(
            once: """
                INSERT INTO ecryptopayd.ledger (id, schema, journal, copying, seq, note, bytes, segments, segment_bytes, bucket0, \
                bucket1, next_class, paused_until) VALUES (1, $1, $2, false, 0, 0, 0, 0, 0, 0, 0, 0, 0) \
                ON CONFLICT (id) DO NOTHING
                """, .int8, .text)
        private static let enter = Statement(
            once: """
                INSERT INTO ecryptopayd.nodes (node, name, version, turn, lease, until) SELECT $1, $2, $3, 0, $4, \
                clock_timestamp() + CAST($4 AS double precision) * interval '1 microsecond' \
                FROM ecryptopayd.ledger WHERE id = 1 AND NOT copying \
                ON CONFLICT (node) DO UPDATE SET turn = 0, lease = excluded.lease, until = excluded.until
                """, .int8, .text, .text, .int8)
        private static let opened = Statement(
            once: """
                SELECT journal, (SELECT line FROM ecryptopayd.records WHERE kind = 'opened' ORDER BY seq DESC LIMIT 1) \
                FROM ecryptopayd.ledger WHERE id = 1
                """)

        // MARK: Looking

        mutating func look(after cut: Cut) throws(DatabaseFault) -> SharedView {
            let connection = try connected()
            var flight = Flight()
            let head = flight.add(Statement.head)
            let places = view(&flight, after: cut)
            return try read(connection.ask(flight), head, places, after: cut)
        }

        mutating func lock(after cut: Cut) throws(DatabaseFault) -> SharedView {
            let connection = try connected()
            var flight = Flight(Statement.begin)
            let head = flight.add(Statement.lock)
            let places = view(&flight, after: cut)
            let answers = try connection.ask(flight)
            do throws(DatabaseFault) {
                let view = try read(answers, head, places, after: cut)
                locked = (view.head, view.nodes.contains { $0.node == identity?.number })
                return view
            } catch {
                connection.abandonTransaction()
                throw error
            }
        }

        private func view(_ flight: inout Flight, after cut: Cut) -> (view: Int, anchor: Int?) {
            let view = flight.add(Statement.view, .int8(cut.seq), .int8(cut.note))
            return (view, isAnew ? flight.add(Statement.anchor, .int8(cut.seq)) : nil)
        }

        private mutating func read(
            _ answers: [Answer], _ head: Int, _ places: (view: Int, anchor: Int?), after cut: Cut
        ) throws(DatabaseFault) -> SharedView {
            let view = try ViewReader.read(
                Head(answers[head]), answers[places.view], after: cut, anchor: places.anchor.map { answers[$0] })
            isAnew = false
            return view
        }

        // MARK: Ending a transaction

        mutating func rollBack() {
            locked = nil
            connection?.end = nil
            connection?.abandonTransaction()
        }

        mutating func commit(_ turn: Turn) -> CommitOutcome {
            guard let connection, connection.isOpen, connection.isInTransaction, let identity, let locked else {
                return .failed(DatabaseFault(kind: .unreachable, message: "the transaction of the turn is gone"))
            }
            self.locked = nil
            // The caller has seen that it counts as dead, and must not write.
            guard locked.isMember else {
                connection.abandonTransaction()
                return .failed(DatabaseFault(kind: .failed, message: "the other nodes took this one for dead"))
            }
            connection.end = nil
            var flight = Flight()
            flight.add(turn, of: identity)
            let commit = flight.add(Statement.commit)
            do throws(FlightFault) {
                let answers = try connection.run(flight, within: Connection.patience)
                assert(answers[0].changed == 1, "a node's row is gone although the head is locked")
                return Self.outcome(answers[commit])
            } catch {
                connection.abandonTransaction()
                if error.undecided.contains(commit) { return .unknown(error.fault) }
                return error.answers.count > commit ? Self.outcome(error.answers[commit]) : .failed(error.fault)
            }
        }

        private static func outcome(_ commit: Answer) -> CommitOutcome {
            guard commit.tag == "COMMIT" else { return .failed(uncommitted(commit)) }
            return commit.warnings.first.map { .warned($0.message) } ?? .committed
        }

        private static func uncommitted(_ commit: Answer) -> DatabaseFault {
            DatabaseFault(kind: .failed, message: "the database answered \(commit.tag) to a COMMIT")
        }
    }

    extension Turn {
        /// The records for ``Statement/write``.
        fileprivate var columns: [Parameter] {
            var (kinds, payments, lines) = (ArrayParameter(.texts), ArrayParameter(.int8s), emptyLines)
            for record in records {
                kinds.append(record.kind.utf8)
                if let payment = record.payment { payments.append(payment) } else { payments.appendNull() }
                lines.append(record.line)
            }
            return [
                .int8s(records.map(\.seq)), .array(kinds), .array(payments), .bools(records.map(\.isNews)),
                .int8s(records.map(\.order)), .int8s(records.map(\.time)), .array(lines),
            ]
        }

        /// The records for ``Statement/writeReports``; nil when there are others among them.
        fileprivate var reports: [Parameter]? {
            guard let first = records.first, let last = records.last else { return nil }
            var seq = first.seq
            var (payments, lines, fingerprints) = (ArrayParameter(.int8s), emptyLines, ArrayParameter(.int8s))
            for record in records {
                guard record.kind == "received", record.seq == seq, !record.isNews,
                    record.time == first.time, let payment = record.payment
                else { return nil }
                seq += 1
                payments.append(payment)
                lines.append(record.line)
                fingerprints.append(record.order)
            }
            return [
                .int8(first.seq), .int8(last.seq), .array(payments), .int8(first.time), .array(lines),
                .array(fingerprints),
            ]
        }

        private var emptyLines: ArrayParameter {
            ArrayParameter(.texts, reservingBytes: records.reduce(0) { $0 + $1.line.count + 4 })
        }
    }

    extension Flight {
        /// Appends all that a turn writes, the node's row with the first statement.
        mutating func add(_ turn: Turn, of identity: NodeIdentity) {
            let (node, head) = (Parameter.int8(identity.number), turn.head)
            let common: [Parameter] = [
                node, .int8(turn.number), .int8(turn.lease / 1000), .int8(head.cut.seq), .int8(head.cut.note),
                .int8(head.bytes), .int8(head.segments), .int8(head.segmentBytes), .int8(head.budget.emptyAt[0]),
                .int8(head.budget.emptyAt[1]), .int8(Int64(head.budget.nextClass)), .int8(head.budget.pausedUntil),
                turn.note.map { .bytea($0) } ?? .null,
            ]
            if let reports = turn.reports {
                add(Statement.writeReports, common + reports)
            } else {
                add(Statement.write, common + turn.columns)
            }
            let gone = turn.dead + (turn.isLast ? [identity.number] : [])
            if !gone.isEmpty {
                add(Statement.bury, .int8s(gone))
                add(Statement.disinherit, .int8s(gone))
            }
            if !turn.freed.isEmpty { add(Statement.free, node, .texts(turn.freed)) }
            if !turn.taken.isEmpty { add(Statement.take, node, .texts(turn.taken)) }
        }
    }
#endif
