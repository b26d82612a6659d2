package import JournalFormat
import JournalStore
package import Ledger
import POSIX
import SharedLedger
import Synchronization
package import TestSupport

#if PostgreSQL
    import PostgreSQLStore
#endif

/// How the ledger is kept that a test runs on. What is tested above it must not depend on that.
package enum LedgerBackend: CaseIterable, Sendable {
    /// A journal in a directory.
    case files
    #if PostgreSQL
        /// In a database, by a node that decides.
        case database
    #endif
}

/// All sides of a ledger of whoever writes it alone.
package protocol TestLedger: ManagedLedger, ReportLedger {
    var durable: Int64 { get }
    func prune(before time: Int64) throws -> PruneReport
    func close()
}

extension JournalLedger: TestLedger {}

/// What `/events` shows, and what makes there be more.
package protocol TestRecords: ReportLedger, RecordLedger {}

extension FileLedger: TestRecords {}
extension SharedNode: TestRecords {}

/// Where a test keeps its ledger: it can be opened again and again, as the program starts.
package final class LedgerHome: Sendable {
    private enum Place: Sendable {
        case files(TemporaryDirectory)
        #if PostgreSQL
            case database(PostgreSQLServer, name: String)
        #endif
    }

    /// A few tests at a time have a database: each opens some connections, of which a server has a bounded number.
    private static let databases = Places(8)
    private let database = Mutex<Places.Place?>(nil)

    /// What a test may want otherwise.
    package struct Options {
        var window: Duration
        var rate: Int
        var maxPending: Int
        var segmentBytes: Int64

        package init(
            window: Duration = .seconds(3600), rate: Int = 1000, maxPending: Int = 100_000,
            segmentBytes: Int64 = 1 << 20
        ) {
            self.window = window
            self.rate = rate
            self.maxPending = maxPending
            self.segmentBytes = segmentBytes
        }

        package var limits: LedgerState.Limits {
            .init(maxPending: maxPending, confirmRate: rate, confirmWindow: window)
        }
    }

    private let place = Mutex<Place?>(nil)
    private let nodes = Mutex<[SharedNode]>([])

    package init() {}

    deinit {
        let database = database.withLock { $0 }
        for node in nodes.withLock({ $0 }) {
            Task {
                await node.close()
                withExtendedLifetime(database) {}
            }
        }
    }

    /// Opens the ledger, of one form in all of a test; one that was opened before has been closed.
    package func open(_ form: LedgerBackend, _ options: Options = Options()) async throws -> any TestLedger {
        switch try await place(form) {
        case .files(let directory): return try Self.open(directory, options)
        #if PostgreSQL
            case .database(let server, let name):
                return try await open(server, name, options).term.ledger
        #endif
        }
    }

    /// The same to read its records.
    package func openRecords(_ form: LedgerBackend) async throws -> any TestRecords {
        switch try await place(form) {
        case .files(let directory): return try Self.open(directory, Options())
        #if PostgreSQL
            case .database(let server, let name): return try await open(server, name, Options()).node
        #endif
        }
    }

    private func place(_ form: LedgerBackend) async throws -> Place {
        if let place = place.withLock({ $0 }) { return place }
        let new = try await make(form)
        place.withLock { $0 = new }
        return new
    }

    private func make(_ form: LedgerBackend) async throws -> Place {
        switch form {
        case .files: return .files(try TemporaryDirectory())
        #if PostgreSQL
            case .database:
                let mine = await Self.databases.take()
                database.withLock { $0 = mine }
                let (server, name) = try await PostgreSQLServer.sharedDatabase()
                return .database(server, name: name)
        #endif
        }
    }

    private static func open(_ directory: TemporaryDirectory, _ options: Options) throws -> FileLedger {
        try FileLedger(
            try DirectoryDisk(path: directory.path), .init(limits: options.limits, minimumFreeBytes: 0),
            journal: .init(segmentBytes: options.segmentBytes, version: "test", api: "h:1", client: "c"),
            randomID: "id", seed: 1)
    }

    #if PostgreSQL
        private func open(
            _ server: PostgreSQLServer, _ name: String, _ options: Options
        ) async throws -> (node: SharedNode, term: Term) {
            // The program has ended that had it before.
            for node in nodes.withLock({ $0 }) { await node.close() }
            let node = SharedNode(
                try Self.database(server, name),
                SharedNode.Options(
                    limits: options.limits, account: LedgerAccount(api: "h:1", client: "c"), name: "host",
                    version: "test", journal: "id", segmentBytes: options.segmentBytes, configuration: [:]),
                seed: .random(in: 0 ... .max))
            try node.open()
            nodes.withLock { $0 = [node] }
            node.start { _ in }
            let term = try await eventualValue("the node decides") { node.term }
            return (node, term)
        }

        private static func database(_ server: PostgreSQLServer, _ name: String) throws -> PostgreSQLDatabase {
            try PostgreSQLDatabase(
                parameters: [
                    ("host", server.socketDirectory), ("port", "\(server.port)"), ("user", "postgres"),
                    ("dbname", name),
                ], secrets: [])
        }
    #endif

    // MARK: What is there

    /// Where it is, or is going to be, as a command line has it: a path, or a database's URL.
    package func location(_ form: LedgerBackend) async throws -> String {
        switch try await place(form) {
        case .files(let directory): return directory.path
        #if PostgreSQL
            case .database(let server, let name): return server.url(database: name)
        #endif
        }
    }

    /// The directory, where the ledger is kept in files.
    package var directory: TemporaryDirectory? {
        guard case .files(let directory)? = place.withLock({ $0 }) else { return nil }
        return directory
    }

    /// Has the server of a database do something; false where there is none.
    package func execute(_ sql: String) async throws -> Bool {
        #if PostgreSQL
            if case .database(let server, let name)? = place.withLock({ $0 }) {
                try await server.execute(sql, database: name)
                return true
            }
        #endif
        return false
    }

    /// All records of a kind that are there.
    package func records(_ kind: String) throws -> [Record] {
        try entries().map(\.record).filter { $0.kind == kind }
    }

    private func entries() throws -> [Entry] {
        var entries: [Entry] = []
        switch place.withLock({ $0 }) {
        case nil: break
        case .files(let directory)?:
            let fault = try JournalReader(try DirectoryDisk(path: directory.path)).forEachLine { entries.append($1) }
            if let fault { throw JournalUnreadable(description: "\(fault)") }
        #if PostgreSQL
            case .database(let server, let name)?:
                let database = try Self.database(server, name)
                var reader = SharedReader(database, after: 0)
                var damaged: [Damage] = []
                _ = try reader.read(atMost: .max, upTo: try database.journal.standing()?.seq ?? 0) {
                    entries.append($1)
                } pruned: { _ in
                } damaged: {
                    damaged.append($0)
                }
                if let damage = damaged.first { throw JournalUnreadable(description: "\(damage)") }
        #endif
        }
        return entries
    }

    /// Drops what is old.
    package func prune(_ ledger: any TestLedger) throws -> PruneReport { try ledger.prune(before: .max) }
}

/// The journal of a test cannot be read.
private struct JournalUnreadable: Error, CustomStringConvertible {
    let description: String
}

/// Whether a report was taken in.
package func isTaken(_ reception: Reception) -> Bool {
    if case .pending = reception { true } else { false }
}
