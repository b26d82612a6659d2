#if PostgreSQL
    package import SharedLedger

    // What is lost with a server is asked for again: nothing here need outlive a crash.
    extension PostgreSQLDatabase {
        /// Inserts a command and notifies in the same transaction.
        package func ask(_ command: String, of node: Int64) throws(DatabaseFault) -> Int64 {
            try watching.askRelaxed(Self.add, .int8(node), .text(command), isRepeatable: false).int8(0, 0)
        }

        /// Reads the answer.
        package func answer(to command: Int64) throws(DatabaseFault) -> String? {
            try watching.ask(Self.read, .int8(command)).optionalText(0, 0)
        }

        /// Deletes the command.
        package func withdraw(_ command: Int64) throws(DatabaseFault) {
            try watching.askRelaxed(Self.remove, .int8(command))
        }

        /// Takes commands in one round trip.
        package func takeCommands(epoch: Int64) throws(DatabaseFault) -> [StoredCommand]? {
            let answer = try watching.askRelaxed(Self.take, .int8(epoch), isRepeatable: false)
            guard try answer.int8(0, 0) == 1 else { return nil }
            if try answer.isNull(0, 1) { return [] }
            return try answer.rows { (row) throws(DatabaseFault) in
                StoredCommand(number: try answer.number(row, 1), text: try answer.text(row, 2))
            }
        }

        /// Writes the answer and notifies in the same transaction.
        package func answer(_ command: Int64, with text: String) throws(DatabaseFault) {
            try watching.askRelaxed(Self.write, .int8(command), .text(text))
        }

        private static let add = Statement(
            "add_command",
            """
            INSERT INTO ecryptopayd.commands (node, at, text) VALUES ($1, clock_timestamp(), $2) \
            RETURNING number, pg_notify('ecryptopayd', 'other')
            """, .int8, .text)
        private static let read = Statement(
            "read_answer", "SELECT (SELECT answer FROM ecryptopayd.commands WHERE number = $1)", .int8)
        private static let remove = Statement(
            "remove_command", "DELETE FROM ecryptopayd.commands WHERE number = $1", .int8)
        private static let write = Statement(
            "write_answer",
            """
            UPDATE ecryptopayd.commands SET answer = $2 WHERE number = $1 RETURNING pg_notify('ecryptopayd', 'other')
            """, .int8, .text)
        private static let take = Statement(
            "take_commands",
            """
            WITH \(Statement.fence), gone AS (DELETE FROM ecryptopayd.commands \
            WHERE at < clock_timestamp() - interval '1 hour' AND \(Statement.isFenced)), \
            taken AS (UPDATE ecryptopayd.commands SET taken = $1 WHERE taken IS NULL \
            AND at >= clock_timestamp() - interval '\(StoredCommand.lifetime / 1_000_000) milliseconds' AND \(Statement.isFenced) \
            RETURNING number, text) \
            SELECT f.count, t.number, t.text FROM (SELECT count(*) AS count FROM fence) AS f LEFT JOIN taken AS t ON true \
            ORDER BY t.number
            """, .int8)
    }
#endif
