#if PostgreSQL
    import JournalFormat
    import Ledger
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    extension PostgreSQLServer {
        /// A session as the program has it.
        func connect(_ query: String = "") throws -> Connection { try open(url(query)) }
    }

    /// Connects to a URL.
    func open(_ url: String) throws(DatabaseFault) -> Connection {
        try Connection.open(try ConnectionString(url: url), within: .seconds(30))
    }

    extension Connection {
        /// Runs statements without arguments, all in one pipeline, with patience.
        @discardableResult
        func run(_ texts: String...) throws(PipelineFault) -> [Answer] {
            var pipeline = Pipeline()
            for text in texts { pipeline.add(Statement(once: text)) }
            return try run(pipeline, within: Deadline.patience)
        }

        /// The fault that a pipeline of these statements ends with.
        func fault(_ texts: String..., within limit: Duration = Deadline.patience) throws -> PipelineFault {
            var pipeline = Pipeline()
            for text in texts { pipeline.add(Statement(once: text)) }
            do throws(PipelineFault) { _ = try run(pipeline, within: limit) } catch { return error }
            throw DeadlinePassed(what: "an error of \(texts)")
        }

        /// The server's process for this session.
        var backend: Int32 { get throws { Int32(try run("SELECT pg_backend_pid()")[0].int8(0, 0)) } }
    }

    /// The fault of a connection that must not come about.
    func faultOfOpening(_ url: String, within limit: Duration = .seconds(30)) throws -> DatabaseFault {
        do throws(DatabaseFault) { _ = try Connection.open(try ConnectionString(url: url), within: limit) } catch {
            return error
        }
        throw DeadlinePassed(what: "a refusal of the connection")
    }

    extension ConnectionString {
        /// What the program's settings make of a URL.
        init(url: String) throws(DatabaseFault) {
            let parameters = parameters(of: url)
            try self.init(parameters: parameters, secrets: parameters.filter { $0.keyword == "password" }.map(\.value))
        }
    }

    extension PostgreSQLDatabase {
        /// The same.
        convenience init(url: String) throws(DatabaseFault) {
            try self.init(parameters: parameters(of: url), secrets: [])
        }
    }

    /// Reads `postgresql://USER:PASSWORD@HOSTS/DATABASE?KEYWORD=VALUE`, as far as tests write it.
    func parameters(of url: String) -> [(keyword: String, value: String)] {
        let parts = url.dropFirst("postgresql://".count).split(separator: "?")
        let path = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        let place = path[0].split(separator: "@", omittingEmptySubsequences: false)
        let user = place[0].split(separator: ":")
        let host = place[1].split(separator: ":")
        var found: [(keyword: String, value: Substring)] = [("user", user[0]), ("dbname", path[1])]
        if user.count > 1 { found.append(("password", user[1])) }
        if let name = host.first { found.append(("host", name)) }
        if host.count > 1 { found.append(("port", host[1])) }
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let words = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            found.append((String(words[0]), words[1]))
        }
        return found.map { ($0.keyword, decoded($0.value)) }
    }

    private func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(String(Substring(rest.prefix(2))), radix: 16) ?? 63)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The fault that something ends with.
    func fault<Value>(_ body: () throws -> Value) -> DatabaseFault? {
        do { _ = try body() } catch { return error as? DatabaseFault }
        return nil
    }

    extension PostgreSQLServer {
        /// A database whose tables are made.
        func prepared() throws(DatabaseFault) -> PostgreSQLDatabase { try .prepared(url()) }
    }

    extension PostgreSQLDatabase {
        /// A database whose tables are made.
        static func prepared(_ url: String) throws(DatabaseFault) -> PostgreSQLDatabase {
            let database = try PostgreSQLDatabase(url: url)
            _ = try database.prepare(journal: "id")
            return database
        }
    }

    /// A database of its own on the server that tests share which need no more.
    struct SharedServer {
        private let server: PostgreSQLServer
        private let database: String

        init() async throws { (server, database) = try await PostgreSQLServer.sharedDatabase() }

        func url(_ query: String = "") -> String { server.url(database: database, query) }

        func connect(_ query: String = "") throws -> Connection { try open(url(query)) }

        func prepared() throws(DatabaseFault) -> PostgreSQLDatabase { try .prepared(url()) }

        @discardableResult
        func execute(_ sql: String...) async throws -> String {
            var result = ""
            for statement in sql { result = try await server.execute(statement, database: database) }
            return result
        }

        /// Returns when a session waits for another's lock.
        func waitForLock() async throws {
            try await eventually("a session that waits for a lock") {
                try await execute(
                    """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """) != "0"
            }
        }
    }

    extension LeaseClaim {
        /// A claim of a node that is called after its number.
        static func test(_ node: Int64, _ epoch: Int64? = nil, seconds: Int64 = 60) -> LeaseClaim {
            LeaseClaim(node: node, name: "node \(node)", epoch: epoch, duration: seconds * 1_000_000_000)
        }
    }

    extension NodeRow {
        static func test(_ node: Int64) -> NodeRow {
            NodeRow(node: node, name: "node \(node)", version: "1", configuration: "{}")
        }
    }

    extension InboxReport {
        static func test(
            _ number: Int64, of node: Int64 = 1, payment: Int64 = 7, peer: String = "unix", deviations: [String] = []
        ) -> InboxReport {
            InboxReport(
                node: node, number: number,
                members: ReceivedMembers(
                    Record.Received(
                        payment: payment, peer: peer, report: Array("{\"id\":\(payment)}".utf8), deviations: deviations)
                ))
        }
    }

    extension RecordRow {
        /// A report's record.
        static func received(_ seq: Int64, payment: Int64 = 7, time: Int64 = 1) -> RecordRow {
            RecordRow(
                seq: seq, kind: "received", payment: payment, isChange: false, time: time,
                line: Array("line of record \(seq)".utf8))
        }

        /// One of another kind.
        static func other(
            _ kind: String, _ seq: Int64, payment: Int64? = nil, news: Bool = false, time: Int64 = 1
        ) -> RecordRow {
            RecordRow(
                seq: seq, kind: kind, payment: payment, isChange: news, time: time,
                line: Array("line of record \(seq)".utf8))
        }
    }

    extension LedgerBatch {
        init(_ records: [RecordRow], taken: [InboxRange] = []) {
            self.init()
            (self.records, self.taken) = (records, taken)
        }
    }
#endif
