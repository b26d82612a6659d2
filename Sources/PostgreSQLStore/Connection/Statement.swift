#if PostgreSQL
    /// One SQL statement with typed parameters.
    struct Statement: Hashable, Sendable {
        /// What it is called on the server once it is prepared there; empty for one that is not kept, such as DDL.
        let name: String
        let text: String
        let parameters: [ParameterType]

        /// A statement that each connection prepares when it first needs it.
        init(_ name: String, _ text: String, _ parameters: ParameterType...) { self.init(name, text, parameters) }

        /// The same.
        init(_ name: String, _ text: String, _ parameters: [ParameterType]) {
            precondition(!name.isEmpty)
            (self.name, self.text, self.parameters) = (name, text, parameters)
        }

        /// A statement that is run once.
        init(once text: String, _ parameters: ParameterType...) {
            (name, self.text, self.parameters) = ("", text, parameters)
        }
    }

    // What several parts ask for.
    extension Statement {
        static let begin = Statement("begin", "BEGIN ISOLATION LEVEL READ COMMITTED")
        static let commit = Statement("commit", "COMMIT")
        static let rollBack = Statement("roll_back", "ROLLBACK")

        /// The transaction need not outlive a crash, so that its end waits neither for a disk nor for a standby.
        static let relaxed = Statement("relaxed", "SELECT set_config('synchronous_commit', 'off', true)")

        /// A part of a `WITH` that has a row only in epoch $1, and keeps another from beginning before the transaction has ended.
        ///
        /// A lease is taken by changing `epoch`, which is a key: that conflicts with this lock, and whoever has waited sees the new
        /// epoch. Renewing it changes no key, and does not conflict.
        static let fence =
            "fence AS (SELECT 1 FROM ecryptopayd.lease WHERE id = 1 AND epoch = $1 FOR KEY SHARE)"
        /// Whether it has one.
        static let isFenced = "EXISTS (SELECT 1 FROM fence)"

        /// The last record that was pruned: rows up to it are about to be removed, and stand for nothing.
        static let pruned = "COALESCE((SELECT last FROM ecryptopayd.gaps WHERE first = 1), 0)"

        /// A time as microseconds since 1970.
        static func microseconds(_ time: String) -> String { "CAST(extract(epoch FROM \(time)) * 1000000 AS bigint)" }
    }
#endif
