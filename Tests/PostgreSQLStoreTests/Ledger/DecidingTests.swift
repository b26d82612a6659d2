#if PostgreSQL
    import SharedLedger
    import Testing
    import TestSupport

    @testable import PostgreSQLStore

    /// Who decides: the lease, its epochs, and what keeps an earlier epoch from writing.
    @Suite(.ownThread, .serialized) struct DecidingTests {
        @Test func `one node has the lease until it releases it or it runs out`() async throws {
            let server = try await SharedServer()
            let (one, other) = (try server.prepared(), try server.prepared())
            #expect(try one.watch(.test(1), writes: true).lease == nil)
            let first = try #require(try one.takeLease(.test(1)))
            #expect(first == LeaseGrant(epoch: 1, last: nil, pruned: 0))
            #expect(try other.takeLease(.test(2)) == nil)
            #expect(try one.append(LedgerBatch([.received(1)]), epoch: 1))
            let second = try #require(try one.takeLease(.test(1, 1)))
            #expect(second.epoch == 2)
            #expect(second.last == StoredRecord(seq: 1, line: RecordRow.received(1).line))
            #expect(try !one.renewLease(.test(1, 1), durable: 1, isFull: true))
            #expect(try one.renewLease(.test(1, 2), durable: 1, isFull: true))
            let lease = try #require(try other.watch(.test(2), writes: false).lease)
            #expect(lease.epoch == 2 && lease.node == 1 && lease.name == "node 1" && lease.durable == 1 && lease.isFull)
            #expect(lease.left > 50_000_000_000 && lease.left <= 60_000_000_000)
            try one.releaseLease(epoch: 1, durable: 1)
            #expect(try other.takeLease(.test(2)) == nil)
            try one.releaseLease(epoch: 2, durable: 1)
            #expect(try other.watch(.test(2), writes: false).lease?.node == nil)
            #expect(try other.takeLease(.test(2, seconds: 0))?.epoch == 3)
            // It has run out at once.
            #expect(try one.takeLease(.test(1, 2))?.epoch == 4)
            #expect(try other.watch(.test(2), writes: false).lease?.epoch == 4)
        }

        @Test func `numbers that are passed over are gone with the first record behind them, or not at all`()
            async throws
        {
            let server = try await PostgreSQLServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            #expect(try database.append(LedgerBatch([.received(1)]), epoch: 1))
            var batch = LedgerBatch([.received(10)])
            batch.gap = 2...9
            #expect(try !database.append(batch, epoch: 2))
            // The record is there already.
            let taken = LedgerBatch([.received(10)])
            #expect(try database.append(taken, epoch: 1))
            #expect(throws: DatabaseFault.self) { try database.append(batch, epoch: 1) }
            #expect(try await server.execute("SELECT count(*) FROM ecryptopayd.gaps") == "0")
            try await server.execute("DELETE FROM ecryptopayd.records WHERE seq = 10")
            #expect(try database.append(batch, epoch: 1))
            let grant = try #require(try database.takeLease(.test(1, 1)))
            #expect(grant.gaps == [2...9] && grant.pruned == 0 && grant.last?.seq == 10)
        }

        @Test func `a lease that runs longer than any is from before the clock was set back`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1)) != nil)
            try await server.execute("UPDATE ecryptopayd.lease SET until = until + interval '59 s'")
            #expect(try database.takeLease(.test(2)) == nil)
            try await server.execute("UPDATE ecryptopayd.lease SET until = until + interval '1 day'")
            #expect(try database.takeLease(.test(2))?.epoch == 2)
        }

        @Test func `a node that renews its lease has decided since it took it`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1, seconds: 0)) != nil)
            let since = try database.watch(.test(1), writes: false).lease?.since
            #expect(try database.takeLease(.test(1, 1, seconds: 0)) != nil)
            #expect(try database.watch(.test(1), writes: false).lease?.since == since)
            #expect(try database.takeLease(.test(2)) != nil)
            #expect(try database.watch(.test(1), writes: false).lease?.since != since)
        }

        @Test func `a takeover waits for a write in flight, and sees it`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1, seconds: 0))?.epoch == 1)
            let writer = try server.connect("&application_name=writer")
            try writer.run("SET idle_in_transaction_session_timeout = 0", "BEGIN")
            try writer.run(
                "WITH fence AS (SELECT 1 FROM ecryptopayd.lease WHERE id = 1 AND epoch = 1 FOR KEY SHARE) "
                    + "INSERT INTO ecryptopayd.records SELECT 1, 1, 'received', 7, false, 1, 'line' FROM fence")
            // Renewing does not wait for it.
            #expect(try database.renewLease(.test(1, 1, seconds: 0), durable: 0, isFull: false))
            let other = try server.prepared()
            let takeover = Task.detached { try other.takeLease(.test(2)) }
            try await server.waitForLock()
            try writer.run("COMMIT")
            let grant = try #require(try await takeover.value)
            #expect(grant.epoch == 2 && grant.last?.seq == 1)
            #expect(try !database.append(LedgerBatch([.received(2)]), epoch: 1))
        }

        @Test func `a takeover that waits too long gives up`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            let writer = try server.connect()
            try writer.run("SET idle_in_transaction_session_timeout = 0", "BEGIN")
            try writer.run("SELECT 1 FROM ecryptopayd.lease FOR KEY SHARE")
            #expect(fault { try database.takeLease(.test(1)) }?.kind == .lockTimeout)
            try writer.run("ROLLBACK")
            #expect(try database.takeLease(.test(1))?.epoch == 1)
        }

        /// The write begins before the takeover is committed, waits for it, and must look at the lease again.
        @Test(arguments: [0, 1, 2, 3]) func `a write that waited for a takeover writes nothing`(kind: Int) async throws
        {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            let report = InboxRange(node: 1, numbers: 1...1)
            _ = try database.accept([.test(1)], knownOnly: false, notifies: false)
            _ = try database.ask("stay", of: 2)
            let other = try server.connect()
            try other.run("BEGIN", "UPDATE ecryptopayd.lease SET epoch = 2, node = 2 WHERE id = 1")
            let write = Task.detached {
                switch kind {
                case 0: try database.append(LedgerBatch([.received(1)], taken: [report]), epoch: 1)
                case 1: try database.save(StoredCheckpoint(seq: 0, bytes: 0, segments: 0, state: [1]), epoch: 1)
                case 2: try database.drop(before: 9, epoch: 1)
                default: try database.takeCommands(epoch: 1) != nil
                }
            }
            try await server.waitForLock()
            try other.run("COMMIT")
            #expect(try await write.value == false)
            let counts = ["inbox", "records", "checkpoint", "gaps", "commands WHERE taken IS NULL"].map {
                "(SELECT count(*) FROM ecryptopayd.\($0))"
            }.joined(separator: ", ")
            #expect(try await server.execute("SELECT \(counts)") == "1|0|0|0|1")
        }

        /// The row is renewed, not taken, while the write begins: that must not stop it.
        @Test func `a write during a renewal is done, and renewals do not wait for it`() async throws {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            let other = try server.connect()
            try other.run("BEGIN", "UPDATE ecryptopayd.lease SET until = clock_timestamp(), durable = 5 WHERE id = 1")
            #expect(try database.append(LedgerBatch([.received(1)]), epoch: 1))
            try other.run("COMMIT")
            #expect(try database.append(LedgerBatch([.received(2)]), epoch: 1))
        }

        @Test func `the lease is made anew when somebody has deleted it, in an epoch that nobody has had`() async throws
        {
            let server = try await SharedServer()
            let (one, other) = (try server.prepared(), try server.prepared())
            #expect(try one.takeLease(.test(1))?.epoch == 1)
            #expect(try one.append(LedgerBatch([.received(1)]), epoch: 1))
            try await server.execute("DELETE FROM ecryptopayd.lease")
            #expect(try one.watch(.test(1), writes: true).lease == nil)
            #expect(try !one.append(LedgerBatch([.received(2)]), epoch: 1))
            #expect(try !one.renewLease(.test(1, 1), durable: 1, isFull: false))
            _ = try one.accept([.test(1)], knownOnly: false, notifies: false)
            other.proof.note(epoch: 12)
            let grant = try #require(try other.takeLease(.test(2)))
            #expect(grant.epoch > 12 && grant.last?.seq == 1)
            #expect(try one.takeLease(.test(1, 1)) == nil)
            try await server.execute(
                "UPDATE ecryptopayd.records SET epoch = \(Int64.max / 2)", "DELETE FROM ecryptopayd.lease")
            #expect(try one.takeLease(.test(1))?.epoch == Int64.max / 2 + 1)
        }

        @Test func `a batch writes its records and takes its reports out of the inbox, or only one of both`()
            async throws
        {
            let server = try await SharedServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1))?.epoch == 1)
            for node in 1...2 as ClosedRange<Int64> {
                _ = try database.watch(.test(node), writes: true)
                _ = try database.accept((1...5).map { .test($0, of: node) }, knownOnly: false, notifies: false)
            }
            #expect(try database.append(LedgerBatch([.received(1), .received(2)]), epoch: 1))
            let mixed: [RecordRow] = [
                .other("opened", 3), .other("confirmed", 4, payment: 7, news: true), .received(5, time: 2),
            ]
            let taken = [InboxRange(node: 1, numbers: 1...3), InboxRange(node: 2, numbers: 5...5)]
            #expect(try database.append(LedgerBatch(mixed, taken: taken), epoch: 1))
            let left = try database.inbox(behind: [2: 1], atMost: 2)
            #expect(left.map { [$0.node, $0.number] } == [[1, 4], [1, 5], [2, 2], [2, 3]])
            #expect(try database.append(LedgerBatch([], taken: [InboxRange(node: 1, numbers: 4...9)]), epoch: 1))
            #expect(try database.append(LedgerBatch(), epoch: 1))
            #expect(try database.wholeInbox(atMost: 3).map(\.number) == [1, 2, 3])
            #expect(
                try await server.execute(
                    "SELECT seq, epoch, kind, payment, news, time, line FROM ecryptopayd.records ORDER BY 1")
                        == """
                        1|1|received|7|f|1|line of record 1
                        2|1|received|7|f|1|line of record 2
                        3|1|opened||f|1|line of record 3
                        4|1|confirmed|7|t|1|line of record 4
                        5|1|received|7|f|2|line of record 5
                        """)
            #expect(throws: DatabaseFault.self) { try database.append(LedgerBatch([.received(5)]), epoch: 1) }
        }

        @Test func `a write whose wait for the standby is cut short is a fault`() async throws {
            let server = try await PostgreSQLServer()
            let database = try server.prepared()
            #expect(try database.takeLease(.test(1, seconds: 0))?.epoch == 1)
            try await server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
            try await eventually("a standby that is waited for") {
                try await server.execute("SHOW synchronous_standby_names") == "nobody"
            }
            // Commits wait once the checkpointer has read that too, which it does before it makes a checkpoint.
            try await server.execute("CHECKPOINT")
            func write(_ kind: Int) throws {
                switch kind {
                case 0: _ = try database.accept([.test(1)], knownOnly: false, notifies: false)
                case 1: _ = try database.append(LedgerBatch([.received(1)]), epoch: 1)
                default: _ = try database.takeLease(.test(1, 1))
                }
            }
            for kind in 0..<3 {
                let cancelled = Task.detached {
                    try await eventually("a commit that waits") {
                        try await server.execute(
                            "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                            == "1"
                    }
                }
                #expect(
                    fault { try write(kind) }?.message.contains("canceling wait for synchronous replication") == true)
                try await cancelled.value
            }
            // What need not be durable does not wait.
            #expect(try database.watch(.test(1), writes: true).lease?.epoch == 2)
            #expect(try database.renewLease(.test(1, 2), durable: 1, isFull: false))
        }

        /// Whoever can write into the database may err: a node that ends by a trap would do so at each start.
        @Test(arguments: [
            "INSERT INTO ecryptopayd.gaps (first, last) VALUES (1, 9223372036854775807)",
            "INSERT INTO ecryptopayd.gaps (first, last) VALUES (-5, 3)",
            "UPDATE ecryptopayd.lease SET epoch = 5, node = 1, durable = 9223372036854775807",
            "INSERT INTO ecryptopayd.checkpoint VALUES (9223372036854775807, 0, 1, 1, '')",
            "INSERT INTO ecryptopayd.records VALUES (9223372036854775807, 1, 'closed', NULL, false, 0, '')",
        ])
        func `numbers that make no sense are told as damage`(statement: String) async throws {
            let server = try await SharedServer()
            _ = try server.prepared()
            try await server.execute(statement)
            let database = try PostgreSQLDatabase(url: server.url())
            let fault = fault {
                _ = try database.prepare(journal: "another")
                _ = try database.checkpoint()
                _ = try database.watch(.test(1), writes: true)
                _ = try database.takeLease(.test(1))
            }
            #expect(fault?.kind == .damaged, "\(fault as Any)")
        }
    }
#endif
