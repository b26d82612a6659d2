import Configuration
import JournalStore

/// The ledger in a database that speaks PostgreSQL's protocol: what a build without it says.
enum DatabaseForm {
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
    import Dispatch
    import Glibc
    import Logging
    import POSIX
    import Payments
    import PostgreSQLStore
    import ServiceManager
    import SharedLedger
    import Synchronization

    extension DatabaseForm {
        /// The form of a ledger in the database at a URL.
        static func form(_ url: DatabaseURL) throws -> any LedgerForm { DatabaseLedgerForm(url: url) }

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
    private struct DatabaseLedgerForm: LedgerForm {
        /// How long a start waits for a database that is not there: systemd starts the daemon again, and the socket keeps who waits.
        private static let patience: Int64 = 30_000_000_000

        let url: DatabaseURL

        func open(_ settings: Settings, _ notifier: Notifier, _ logger: Logger) throws -> OpenLedger {
            let deadline = Clock.monotonic() + Self.patience
            do {
                let database = try DatabaseForm.database(url, settings)
                while true {
                    let ledger = SharedLedger(database, .init(settings), seed: .random(in: .min ... .max))
                    do {
                        try blocking { try await ledger.open() }
                        logger.info("joined the ledger in \(url)")
                        return OpenLedger(
                            ledger: ledger, upkeep: DatabaseUpkeep(url, database, ledger, settings, logger))
                    } catch let fault as DatabaseFault {
                        // An attempt may have got as far as its first turn.
                        _ = try? blocking { await ledger.end() }
                        guard fault.kind.mayPass, Clock.monotonic() < deadline else { throw fault }
                        logger.warning("the database at \(url) is not there yet: \(fault)")
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

    /// What one node does for all now and then: old records that are settled go.
    private final class DatabaseUpkeep: LedgerUpkeep {
        private struct State {
            var keep = Duration.zero
            var timer: (any DispatchSourceTimer)?
            var url: DatabaseURL
            var isPruning = false
            /// What held up the last attempt: said once, not every hour.
            var heldBy: String?
        }

        private let database: PostgreSQLDatabase
        private let ledger: SharedLedger
        private let logger: Logger
        private let state: Mutex<State>
        private let queue = DispatchQueue(label: "ecryptopayd.ledger.upkeep", qos: .utility)

        init(
            _ url: DatabaseURL, _ database: PostgreSQLDatabase, _ ledger: SharedLedger, _ settings: Settings,
            _ logger: Logger
        ) {
            self.database = database
            self.ledger = ledger
            self.logger = logger
            state = Mutex(State(url: url))
        }

        func begin(_ settings: Settings) { keep(settings.journalKeep) }

        func update(_ settings: Settings) {
            ledger.update(limits: .init(settings), longestCall: settings.longestCall)
            keep(settings.journalKeep)
        }

        func updateAccess(_ settings: Settings) {
            guard case .database(let url) = settings.journal, state.withLock({ $0.url != url }) else { return }
            do {
                try database.update(
                    parameters: url.exposedParameters(caFile: settings.caFile), secrets: url.secrets)
                state.withLock { $0.url = url }
            } catch { logger.error("the database's old URL stays in force: \(error)") }
        }

        func end() async {
            keep(.zero)
            await ledger.end()
        }

        private func keep(_ keep: Duration) {
            state.withLock { state in
                guard keep != state.keep else { return }
                state.keep = keep
                state.timer?.cancel()
                state.timer = keep > .zero ? startTimer(keep) : nil
            }
        }

        /// Often enough that nothing stays much longer than it is kept, and no oftener.
        private func startTimer(_ keep: Duration) -> any DispatchSourceTimer {
            let seconds = min(max(keep.components.seconds / 10, 1), 3600)
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: .now() + .seconds(Int(seconds)), repeating: .seconds(Int(seconds)))
            timer.setEventHandler { [weak self] in self?.beginPruning() }
            timer.activate()
            return timer
        }

        private func beginPruning() {
            let keep = state.withLock { state in
                guard state.keep > .zero, !state.isPruning else { return Duration.zero }
                state.isPruning = true
                return state.keep
            }
            guard keep > .zero else { return }
            Task {
                // By the server's clock, which dates the records: this machine's may be wrong.
                await self.prune(before: self.ledger.serverTime - keep.nanoseconds)
                self.state.withLock { $0.isPruning = false }
            }
        }

        private func prune(before: Int64) async {
            do {
                // Nil on every node but one.
                guard let report = try await ledger.prune(before: before) else { return }
                let isNew = state.withLock { state in
                    defer { state.heldBy = report.heldBy }
                    return report.heldBy != state.heldBy
                }
                report.log(logger, tellsOfHold: isNew)
            } catch {
                logger.warning("old records stay, since they cannot be dropped: \(error)")
            }
        }
    }

    extension SharedLedger.Options {
        init(_ settings: Settings) {
            self.init(
                limits: .init(settings), account: .init(settings), name: HostName.current, version: Program.version,
                journal: RandomID.make(), segmentBytes: Int64(settings.journalSegmentBytes),
                longestCall: settings.longestCall)
        }
    }

    extension DatabaseFault.Kind {
        /// Whether waiting may mend it.
        var mayPass: Bool {
            switch self {
            case .unreachable, .refused, .readOnly, .conflict, .lockTimeout, .full, .deadline, .failed: true
            case .authentication, .configuration, .schema, .damaged: false
            }
        }
    }

    extension CommandFailure {
        /// The exit code that fits a database that cannot be used.
        init(_ fault: DatabaseFault, configured url: DatabaseURL) {
            self.init(fault, "ECRYPTOPAY_JOURNAL=\(url)")
        }

        /// The same for one that is named otherwise.
        init(_ fault: DatabaseFault, _ place: String) {
            let (status, mend): (ExitStatus, String) =
                switch fault.kind {
                case .unreachable, .refused, .deadline: (.unavailable, "see that it runs and can be reached")
                case .readOnly: (.unavailable, "name all of its hosts, so that the one is found that is written")
                case .conflict, .lockTimeout: (.tryAgain, "see what else works in it, and try again")
                case .full: (.inputOutput, "make room on its disk")
                case .authentication:
                    (.permission, "see that the user and the password are right, and allowed from here")
                case .configuration:
                    (.configuration, "see that the database is there, in UTF8, and that the user may create in it")
                case .schema: (.configuration, "install the version of ecryptopayd that the other nodes have")
                case .damaged: (.badData, "restore the database from its backup")
                case .failed: (.inputOutput, "see what the server's log says")
                }
            self.init(status, "\(place) cannot be used: \(fault); \(mend)")
        }
    }
#else
    extension DatabaseForm {
        /// There is none.
        static func form(_ url: DatabaseURL) throws -> any LedgerForm { throw absence(url) }

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
