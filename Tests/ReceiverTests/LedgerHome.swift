import JournalFormat
import JournalStore
import POSIX
import Payments
import SharedLedger
import SharedLedgerSimulation
import Synchronization
import TestSupport

#if PostgreSQL
    import PostgreSQLStore
#endif

@testable import Receiver

/// How the ledger is kept that a test runs on. What is tested above it must not depend on that.
enum KeptForm: CaseIterable, Sendable {
    /// A journal in a directory.
    case files
    /// Together with other nodes, on a simulated server that answers at once.
    case shared
    #if PostgreSQL
        /// Together with other nodes, on a real server.
        case database
    #endif
}

/// Where a test keeps its ledger: it can be opened again and again, as the program starts.
final class LedgerHome: Sendable {
    private enum Place: Sendable {
        case files(TemporaryDirectory)
        case shared(SimulatedDatabase)
        #if PostgreSQL
            case database(PostgreSQLServer, name: String)
        #endif
    }

    /// What a test may want otherwise.
    struct Options {
        var window: Duration = .seconds(3600)
        var rate = 1000
        var maxPending = 100_000
        var segmentBytes: Int64 = 1 << 20

        var limits: LedgerState.Limits {
            .init(maxPending: maxPending, confirmRate: rate, confirmWindow: window)
        }
    }

    private let place = Mutex<Place?>(nil)
    private let opened = Mutex<[SharedLedger]>([])
    private let databases = Mutex<[any LedgerDatabase]>([])

    deinit {
        // Those that a test has not closed itself.
        for ledger in opened.withLock({ $0 }) { Task { await ledger.end() } }
    }

    /// Opens the ledger, of one form in all of a test.
    func open(_ form: KeptForm, _ options: Options = Options()) async throws -> any KeptLedger {
        let place = if let place = self.place.withLock({ $0 }) { place } else { try await Self.make(form) }
        self.place.withLock { $0 = place }
        switch place {
        case .files(let directory):
            return try FileLedger(
                try DirectoryDisk(path: directory.path), .init(limits: options.limits, minimumFreeBytes: 0),
                journal: .init(segmentBytes: options.segmentBytes, version: "test", api: "h:1", client: "c"),
                randomID: "id", seed: 1)
        // On a thread of its own, as the real one: a test may block all that tasks have.
        case .shared(let database): return try await open(database.connection(on: ClientExecutor()), options)
        #if PostgreSQL
            case .database(let server, let name):
                return try await open(
                    PostgreSQLDatabase(
                        parameters: [
                            ("host", server.socketDirectory), ("port", "\(server.port)"), ("user", "postgres"),
                            ("dbname", name),
                        ], secrets: []), options)
        #endif
        }
    }

    private func open(_ database: any LedgerDatabase, _ options: Options) async throws -> SharedLedger {
        let ledger = SharedLedger(
            database,
            SharedLedger.Options(
                limits: options.limits, account: LedgerAccount(api: "h:1", client: "c"), name: "host", version: "test",
                journal: "id", segmentBytes: options.segmentBytes, longestCall: .seconds(10)),
            seed: .random(in: 0 ... .max))
        try await ledger.open()
        databases.withLock { $0.append(database) }
        opened.withLock { $0.append(ledger) }
        return ledger
    }

    private static func make(_ form: KeptForm) async throws -> Place {
        switch form {
        case .files: return .files(try TemporaryDirectory())
        case .shared:
            let machine = SharedSurroundings.machine
            return .shared(SimulatedDatabase(.machine(after: machine.after)))
        #if PostgreSQL
            case .database:
                let (server, name) = try await PostgreSQLServer.sharedDatabase()
                return .database(server, name: name)
        #endif
        }
    }

    // MARK: What is there

    /// The directory, where the ledger is kept in files.
    var directory: TemporaryDirectory? {
        guard case .files(let directory)? = place.withLock({ $0 }) else { return nil }
        return directory
    }

    /// The server, where it is kept by several nodes.
    var server: SimulatedDatabase? {
        guard case .shared(let database)? = place.withLock({ $0 }) else { return nil }
        return database
    }

    /// Has the server of a database do something; false where there is none.
    func execute(_ sql: String) async throws -> Bool {
        #if PostgreSQL
            if case .database(let server, let name)? = place.withLock({ $0 }) {
                try await server.execute(sql, database: name)
                return true
            }
        #endif
        return false
    }

    /// All records of a kind that are there.
    func records(_ kind: String) throws -> [Record] {
        try entries().map(\.record).filter { $0.kind == kind }
    }

    private func entries() throws -> [Entry] {
        switch place.withLock({ $0 }) {
        case nil: return []
        case .files(let directory)?:
            var entries: [Entry] = []
            let fault = try JournalReader(try DirectoryDisk(path: directory.path)).forEachLine { entries.append($1) }
            if let fault { throw EventFault(description: "\(fault)") }
            return entries
        case .shared(let database)?: return try database.entries
        #if PostgreSQL
            case .database?:
                guard let database = databases.withLock({ $0.last }) as? PostgreSQLDatabase else { return [] }
                var entries: [Entry] = []
                var reader = SharedReader(database.records, after: 0)
                _ = try reader.read(atMost: .max, upTo: try database.journal.standing()?.seq ?? 0) {
                    entries.append($1)
                } pruned: { _ in
                }
                return entries
        #endif
        }
    }

    /// Drops what is old.
    func prune(_ ledger: any KeptLedger) async throws -> PruneReport {
        if let ledger = ledger as? FileLedger { return try ledger.prune(before: .max) }
        guard let ledger = ledger as? SharedLedger, let report = try await ledger.prune(before: .max) else {
            throw EventFault(description: "this node does not prune")
        }
        return report
    }
}

/// Whether a report was taken in.
func isTaken(_ reception: Reception) -> Bool {
    if case .pending = reception { true } else { false }
}
