#if PostgreSQL
    import Glibc
    import JSON
    import Synchronization
    import Testing
    import TestSupport

    /// Two daemons that take in more than can be decided upon.
    @Suite(.ownThread) struct DatabaseLoadTests {
        private let server: PostgreSQLServer
        private let database: LedgerDatabaseUnderTest

        init() async throws {
            server = try await PostgreSQLServer()
            database = try LedgerDatabaseUnderTest(server)
        }

        @Test func `when MAX_PENDING payments wait, unknown ones get 503 and those known before do not`()
            async throws
        {
            let cluster = try await NodesUnderTest(2, on: database, ["MAX_PENDING": "20"])
            try await cluster.start()
            let known = [try await cluster.pay(telling: 0), try await cluster.pay(telling: 1)]
            try await cluster.confirmed(known)
            try cluster.sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
            var unknown: Int64 = 1_000_000
            func postUnknown(to node: Int) throws -> Int? {
                unknown += 1
                return try cluster[node].post(DaemonUnderTest.report(unknown)).status
            }
            for node in cluster.indices {
                try await eventually("503 for payments that are unknown") { try postUnknown(to: node) == 503 }
            }
            let decider = try await cluster.decider()
            // Either node hears of it within a second, and takes some until then.
            try await eventually("nothing more is taken, and nothing more waits: \(cluster.log)") {
                try await cluster[decider].settle()
                let pending = try cluster[decider].status()["pending"]?.integer
                let answers = try (0..<30).map { try postUnknown(to: $0 % 2) }
                let isFull = try await server.execute("SELECT is_full FROM ecryptopayd.lease") == "t"
                try await cluster[decider].settle()
                return try isFull && answers.allSatisfy { $0 == 503 }
                    && cluster[decider].status()["pending"]?.integer == pending
            }
            // What is news of those that were confirmed before is still taken.
            for (node, id) in known.enumerated() {
                try cluster.sandbox.move(id, to: "done")
                try await cluster.tell(id, state: "done", to: node)
                #expect(try postUnknown(to: node) == 503)
            }
            try cluster.sandbox.clearFaults()
            try await cluster.confirmed(known, state: "done")
            try await cluster.end()
        }

        @Test func `while a snapshot stays open, some thousand reports are accepted and recorded`()
            async throws
        {
            let cluster = try await NodesUnderTest(2, on: database)
            try await cluster.start()
            let holder = Task { [server] in
                try? await server.execute(
                    """
                    BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ecryptopayd.inbox; \
                    SELECT pg_sleep(600) /* holds it */
                    """)
            }
            let holds = "query LIKE '%holds it%' AND wait_event = 'PgSleep'"
            let held = "SELECT count(*) FROM pg_stat_activity WHERE \(holds)"
            try await eventually("the snapshot") { try await server.execute(held) == "1" }
            // What the API does not know is decided upon later.
            try cluster.sandbox.setFaults(#"{"error_rate":1,"status":503}"#)
            let (senders, each) = (8, 400)
            let refused = Mutex<[Int]>([])
            let running = Mutex(senders)
            for sender in 0..<senders {
                let address = cluster[sender % 2].address
                onThread {
                    do {
                        for turn in 1...each {
                            let client = try ClientSocket(address)
                            let id = Int64(1_000_000 + sender * each + turn)
                            try client.send(DaemonUnderTest.request(DaemonUnderTest.report(id)))
                            let status = try client.receive().status
                            if status != 200 { refused.withLock { $0.append(status) } }
                        }
                    } catch { refused.withLock { $0.append(0) } }
                    running.withLock { $0 -= 1 }
                }
            }
            try await eventually("all are answered", within: .seconds(120)) { running.withLock { $0 } == 0 }
            #expect(refused.withLock { $0 } == [])
            try await eventually("all stand in the journal: \(cluster.log)", within: .seconds(60)) {
                try database.acceptedCount() == 0
            }
            let there = Set(try cluster[0].payments("received").filter { $0 > 1_000_000 })
            #expect(there.count == senders * each)
            #expect(try await server.execute(held) == "1", "it was held all the time")
            try await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(holds)")
            _ = await holder.value
            try await cluster.end()
        }
    }
#endif
