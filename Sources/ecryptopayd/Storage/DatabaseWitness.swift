#if PostgreSQL
    import Configuration
    import Glibc
    import JournalFormat
    import JournalStore
    import PostgreSQLStore
    import Synchronization

    /// How far this machine has seen the ledger in a database, kept in the service's state directory: whatever restarts a node that ended since
    /// its database was set back, the next one ends too, until somebody says what happened.
    final class DatabaseWitness: Sendable {
        private let path: String
        private let seen = Mutex<Witness?>(nil)

        /// Nil without a state directory.
        init?() {
            guard let directories = getenv("STATE_DIRECTORY").map({ String(cString: $0) }),
                let directory = directories.split(separator: ":").first
            else { return nil }
            path = "\(directory)/database\(Witness.suffix)"
        }

        /// Refuses a ledger that has been further.
        func check(_ standing: PostgreSQLJournal.Standing?, _ url: DatabaseURL) throws(CommandFailure) {
            guard let witness = Witness(at: path), let standing, witness.journal == standing.journal,
                witness.seq > standing.seq
            else { return }
            throw CommandFailure(
                .inputOutput,
                """
                ECRYPTOPAY_JOURNAL=\(url): the database was set back: its journal ends with record \(standing.seq), and this machine \
                has seen record \(witness.seq). hint: stop all nodes, and start one with "serve --restored"; if the database is another \
                one, remove \(path)
                """)
        }

        /// The ledger has come so far. Not synced, and a failure is no matter.
        func note(_ witness: Witness) {
            let isNew = seen.withLock { seen in
                defer { seen = witness }
                return seen != witness
            }
            if isNew { witness.leave(at: path) }
        }
    }
#endif
