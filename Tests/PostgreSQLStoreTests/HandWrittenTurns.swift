#if PostgreSQL
    import JournalFormat
    import Payments
    import SharedLedger
    import SharedLedgerSimulation
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    extension PostgreSQLServer {
        /// The ledger on this server, as a node has it.
        func database(_ query: String = "") throws -> PostgreSQLDatabase {
            PostgreSQLDatabase(try ConnectionString(url(query)))
        }

        /// The same, whose node has joined.
        func joined(_ number: Int64, lease: Int64 = 50_000_000_000) async throws -> PostgreSQLDatabase {
            let database = try database()
            _ = try await database.join(.test(number, lease: lease))
            return database
        }
    }

    extension PostgreSQLDatabase {
        /// Locks, writes these records, and commits.
        ///
        /// What is written is made before, if nobody else writes meanwhile: the server ends a session that holds the lock and does
        /// nothing for two seconds, which thousands of records may take in a debug build.
        @discardableResult
        func write(
            _ number: Int64, _ records: [Record] = [], note: [UInt8]? = nil, behind cut: Cut? = nil,
            _ change: (inout Turn) -> Void = { _ in }
        ) async throws -> SharedView {
            let seen = try await look(after: cut ?? .start)
            let made = seen.turn(number, records, note: note)
            let view = try await lock(after: cut ?? .start)
            var turn = view.head == seen.head ? made : view.turn(number, records, note: note)
            change(&turn)
            #expect(await commit(turn) == .committed)
            return seen.head == view.head ? seen : view
        }
    }

    extension Record {
        /// A segment's first record.
        static let opened = Record.opened(
            Opened(
                format: RecordCodec.format, journal: "id", version: "test", api: "api", client: "shop", endpoints: nil))

        /// A confirmation.
        static func confirmed(_ payment: Int64, isNews: Bool) -> Record {
            .confirmed(
                Confirmed(
                    payment: payment, current: Array(#"{"id":1}"#.utf8), news: isNews, of: [], cause: .webhook))
        }
    }
#endif
