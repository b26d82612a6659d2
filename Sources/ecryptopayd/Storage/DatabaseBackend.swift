import Configuration
import JournalStore

/// The ledger in a database that speaks PostgreSQL's protocol: what a build without it says.
enum DatabaseBackend {
    /// Why it cannot be had in this build.
    static func absence(_ url: DatabaseURL) -> CommandFailure {
        CommandFailure(
            .configuration,
            """
            ECRYPTOPAY_JOURNAL=\(url): this build has no PostgreSQL. Install the package, or build with "--traits PostgreSQL", or \
            write the path of a directory
            """)
    }
}

#if PostgreSQL
    import Glibc
    import Logging
    import POSIX
    import Ledger
    import PostgreSQLStore
    import ServiceManager
    import SharedLedger

    extension DatabaseBackend {
        /// The form of a ledger in the database at a URL.
        static func form(_ url: DatabaseURL, _ start: StartOptions) throws -> any StorageBackend {
            DatabaseLedgerBackend(url: url, start: start)
        }

        /// Connects, and tells what of the server's settings may lose what was acknowledged. Throws when it cannot connect.
        static func check(_ url: DatabaseURL, _ settings: Settings) throws -> [String] {
            do throws(DatabaseFault) {
                return try database(url, settings).check().map { "the database at \(url) \($0)" }
            } catch { throw CommandFailure(error, configured: url) }
        }

        /// The journal of a database, for commands.
        static func source(_ url: DatabaseURL, _ settings: Settings) throws -> any JournalSource {
            try DatabaseSource(url, settings)
        }

        /// The same to copy from.
        static func copySource(_ url: DatabaseURL, _ settings: Settings) throws -> any CopySource {
            try copying(url) { try DatabaseCopySource(database(url, settings).journal) }
        }

        /// The same to copy to.
        static func copyTarget(_ url: DatabaseURL, _ settings: Settings) throws -> any CopyTarget {
            try copying(url) { try DatabaseCopyTarget(database(url, settings)) }
        }

        /// Names the database in whatever is wrong with it.
        private static func copying<Value>(_ url: DatabaseURL, _ body: () throws -> Value) throws -> Value {
            do { return try body() } catch let fault as DatabaseFault {
                throw CommandFailure(fault, "the database at \(url)")
            }
        }

        /// What a copy could not go on for; nil when it is no fault of a database's.
        static func failure(_ error: any Error, from: JournalPlace, to: JournalPlace) -> CommandFailure? {
            (error as? DatabaseFault).map { CommandFailure($0, "the database that is copied from \(from) to \(to)") }
        }

        static func database(_ url: DatabaseURL, _ settings: Settings) throws(DatabaseFault) -> PostgreSQLDatabase {
            try PostgreSQLDatabase(
                parameters: url.exposedParameters(caFile: settings.caFile), secrets: url.secrets)
        }
    }

    /// The ledger that several daemons keep in one database.
    private struct DatabaseLedgerBackend: StorageBackend {
        /// How long a start waits for a database that is not there: systemd starts the daemon again, and the socket keeps who waits.
        private static let patience: Int64 = 30_000_000_000
        /// How long it waits for another node's lease to run out, as one does that is of before a restore.
        private static let leasePatience: Int64 = 10_000_000_000

        let url: DatabaseURL
        let start: StartOptions

        func open(_ settings: Settings, _ notifier: Notifier, _ logger: Logger) throws -> any OpenLedger {
            let began = Clock.monotonic()
            do {
                let database = try DatabaseBackend.database(url, settings)
                let witness = DatabaseWitness()
                while true {
                    do {
                        let standing = try database.journal.standing()
                        if !start.isRestored { try witness?.check(standing, url) }
                        let node = SharedNode(database, .init(settings, start), seed: .random(in: .min ... .max))
                        try node.open()
                        logger.info("joined the ledger in \(url)")
                        return OpenDatabaseLedger(url, database, node, witness, journal: standing?.journal, logger)
                    } catch let fault as DatabaseFault {
                        let patience = fault.kind == .occupied ? Self.leasePatience : Self.patience
                        guard fault.kind.mayPass, Clock.monotonic() < began + patience else { throw fault }
                        let what = fault.kind == .occupied ? "is in use" : "does not answer yet"
                        logger.warning("the database at \(url) \(what): \(fault)")
                        notifier.send(.extendTimeout(.seconds(30)), .status("waiting for the database: \(fault)"))
                        usleep(1_000_000)
                    }
                }
            } catch let fault as DatabaseFault {
                throw CommandFailure(fault, configured: url)
            } catch let fault as OtherAccount {
                throw CommandFailure(.configuration, "ECRYPTOPAY_JOURNAL=\(url): \(fault)")
            }
        }
    }
#else
    extension DatabaseBackend {
        /// There is none.
        static func form(_ url: DatabaseURL, _ start: StartOptions) throws -> any StorageBackend { throw absence(url) }

        /// There is none to read.
        static func source(_ url: DatabaseURL, _ settings: Settings) throws -> any JournalSource { throw absence(url) }

        /// There is none to copy from.
        static func copySource(_ url: DatabaseURL, _ settings: Settings) throws -> any CopySource { throw absence(url) }

        /// There is none to copy to.
        static func copyTarget(_ url: DatabaseURL, _ settings: Settings) throws -> any CopyTarget { throw absence(url) }

        /// Nothing can be one.
        static func failure(_ error: any Error, from: JournalPlace, to: JournalPlace) -> CommandFailure? { nil }

        /// There is nothing to look at.
        static func check(_ url: DatabaseURL, _ settings: Settings) throws -> [String] { throw absence(url) }
    }
#endif
