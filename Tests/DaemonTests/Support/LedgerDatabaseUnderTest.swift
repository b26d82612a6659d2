/// A database that daemons under test keep their ledger in.
struct LedgerDatabaseUnderTest: Sendable {
    /// What they are told as `ECRYPTOPAY_JOURNAL`.
    private(set) var url: String
    /// The lines of all records in their order.
    let lines: @Sendable () throws -> [[UInt8]]
    /// How many reports were accepted and stand in no record yet, up to some thousands.
    let acceptedCount: @Sendable () throws -> Int
    /// Whether only one daemon at a time is to work there.
    var isOfOne: Bool { place != nil }
    /// Held for as long as it is used.
    var place: (any AnyObject & Sendable)?

    /// The same for daemons that reach it by another URL.
    func reached(by url: String) -> LedgerDatabaseUnderTest {
        var database = self
        database.url = url
        return database
    }
}

#if PostgreSQL
    import PostgreSQLStore
    import SharedLedger
    import TestSupport

    extension LedgerDatabaseUnderTest {
        /// The database of that name on servers of which one is written.
        init(
            _ server: PostgreSQLServer, _ others: PostgreSQLServer..., user: String = "postgres",
            database: String = "postgres",
            place: (any AnyObject & Sendable)? = nil
        ) throws {
            let servers = [server] + others
            let hosts = servers.map(\.socketDirectory).joined(separator: ",")
            let ports = servers.map { "\($0.port)" }.joined(separator: ",")
            let reader = try PostgreSQLDatabase(
                parameters: [
                    ("host", hosts), ("port", ports), ("user", "postgres"), ("dbname", database),
                    ("target_session_attrs", "read-write"),
                ], secrets: [])
            self.init(
                url: "postgresql://\(user)@/\(database)?host=\(hosts)&port=\(ports)"
                    + "&target_session_attrs=read-write",
                lines: { try Self.lines(reader) },
                acceptedCount: { try reader.wholeInbox(atMost: 10_000).count }, place: place)
        }

        private static func lines(_ reader: PostgreSQLDatabase) throws -> [[UInt8]] {
            var lines: [[UInt8]] = []
            var last: Int64 = 0
            let end = try reader.journal.standing()?.seq ?? 0
            while true {
                let page = try reader.page(after: last, upTo: end, atMost: 1 << 20)
                guard let record = page.last else { return lines }
                lines += page.map(\.line)
                last = record.seq
            }
        }
    }
#endif
