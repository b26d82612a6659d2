#if PostgreSQL
    package import SharedLedger

    // Filling a database with a journal that was kept elsewhere. No node may use it before it is whole.
    extension PostgreSQLJournal {
        /// Makes the tables, and the ledger with this id, or goes on with one that was begun. Returns the last record that is there.
        ///
        /// - Throws: `.configuration` when another ledger is there, or a node uses it.
        package func beginCopy(of journal: String) throws(DatabaseFault) -> Int64 {
            try connection.perform { (connection) throws(DatabaseFault) in
                try Migration(connection).run()
                var pipeline = Pipeline(Statement.begin)
                pipeline.add(Self.found, .text(journal))
                let there = pipeline.add(Self.there)
                let answer = try connection.ask(pipeline)[there]
                guard answer.count == 1, try answer.bool(0, 1), try answer.text(0, 2) == journal else {
                    throw DatabaseFault(
                        kind: .configuration,
                        message: "another ledger is in the database already: copy to a database without one")
                }
                if let node = try answer.optionalText(0, 3) {
                    throw DatabaseFault(
                        kind: .configuration, message: "a daemon uses the database's ledger, on \(node): stop it first")
                }
                try connection.write(Pipeline(.commit))
                return try answer.int8(0, 0)
            }
        }

        /// Adds records behind `seq`; numbers that are passed over are gone. Once they are there, the same again changes nothing.
        package func append(_ records: [RecordRow], behind seq: Int64) throws(DatabaseFault) {
            guard let last = records.last?.seq else { return }
            try connection.perform { (connection) throws(DatabaseFault) in
                // A statement of its own: its snapshot is taken when the row is locked.
                var pipeline = Pipeline(.begin)
                pipeline.add(Self.lock)
                let there = pipeline.add(Self.there)
                let answer = try connection.ask(pipeline)[there]
                let found = try answer.count == 1 ? answer.int8(0, 0) : -1
                // The commit's answer was lost.
                if found == last { return connection.abandonTransaction() }
                guard found == seq, try answer.bool(0, 1) else {
                    throw DatabaseFault(
                        kind: .failed,
                        message: """
                            somebody else has written into the database's ledger since the copy began: see who does, and copy again
                            """)
                }
                try connection.write(Self.adding(records, behind: seq), within: .seconds(60))
            }
        }

        private static func adding(_ records: [RecordRow], behind seq: Int64) -> Pipeline {
            var next = seq + 1
            var (firsts, lasts): ([Int64], [Int64]) = ([], [])
            for record in records {
                if record.seq > next {
                    firsts.append(next)
                    lasts.append(record.seq - 1)
                }
                next = record.seq + 1
            }
            var pipeline = Pipeline(add, records.columns)
            if !firsts.isEmpty { pipeline.add(addGaps, .int8s(firsts), .int8s(lasts)) }
            pipeline.add(.commit)
            return pipeline
        }

        /// The copy is whole: nodes may use it.
        package func finishCopy() throws(DatabaseFault) {
            try connection.perform { (connection) throws(DatabaseFault) in
                _ = try connection.write(Pipeline(Self.finish))
            }
        }

        /// A ledger that a node has made and not written into is none.
        private static let found = Statement(
            once: """
                INSERT INTO ecryptopayd.ledger (id, schema, journal, copying) VALUES (1, \(Schema.version), $1, true) \
                ON CONFLICT (id) DO UPDATE SET journal = excluded.journal, copying = true \
                WHERE (ledger.copying AND ledger.journal = excluded.journal) OR NOT (EXISTS (SELECT 1 FROM ecryptopayd.records) \
                OR EXISTS (SELECT 1 FROM ecryptopayd.inbox))
                """, .text)
        private static let there = Statement(
            once: """
                SELECT COALESCE((SELECT max(seq) FROM ecryptopayd.records), 0), copying, journal, \
                (SELECT min(name) FROM ecryptopayd.nodes WHERE \(PostgreSQLDatabase.isLiving)) FROM ecryptopayd.ledger WHERE id = 1
                """)
        private static let lock = Statement(once: "SELECT 1 FROM ecryptopayd.ledger WHERE id = 1 FOR UPDATE")
        private static let add = Statement(
            "copy_records",
            """
            INSERT INTO ecryptopayd.records (epoch, seq, kind, payment, news, time, line) \
            SELECT 0, unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6)
            """, .int8s, .texts, .int8s, .bools, .int8s, .texts)
        private static let addGaps = Statement(
            "copy_gaps", "INSERT INTO ecryptopayd.gaps (first, last) SELECT unnest($1), unnest($2)", .int8s, .int8s)
        private static let finish = Statement(once: "UPDATE ecryptopayd.ledger SET copying = false WHERE id = 1")
    }
#endif
