#if PostgreSQL
    import SharedLedger
    import SharedLedgerSimulation
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    /// Connections that break, before and after a commit.
    @Suite(.ownThread) struct DoubtTests {
        @Test(arguments: [CuttingProxy.Cut.before, .after])
        func `a commit without an answer is in doubt`(cut: CuttingProxy.Cut) async throws {
            let server = try await PostgreSQLServer()
            let proxy = try CuttingProxy(server)
            let database = PostgreSQLDatabase(try ConnectionString(proxy.url))
            _ = try await database.join(.test(1))
            try await database.write(1, [.report(1)])
            let view = try await database.lock(after: .start)
            proxy.cut(cut)
            guard case .unknown = await database.commit(view.turn(2, [.report(2)])) else {
                Issue.record("nobody knows what became of it")
                return
            }
            #expect(proxy.count == 1)
            // Locked anew, the node's row tells.
            let after = try await database.lock(after: view.head.cut)
            #expect(after.nodes.map(\.turn) == [cut == .after ? 2 : 1])
            #expect(after.records.map(\.seq) == (cut == .after ? [2] : []))
            #expect(after.anchor == .line(view.records[0].line))
            #expect(await database.commit(after.turn(3, [.report(3)])) == .committed)
        }

        @Test func `who joins under another number and gets no answer goes on under that`() async throws {
            let server = try await PostgreSQLServer()
            let proxy = try CuttingProxy(server)
            let database = PostgreSQLDatabase(try ConnectionString(proxy.url))
            _ = try await database.join(.test(1))
            proxy.cut(.after)
            #expect(await fault { try await database.join(.test(2)) } != nil)
            #expect(proxy.count == 1)
            let view = try await database.lock(after: .start)
            #expect(await database.commit(view.turn(1, [.report(1)])) == .committed)
            let turns = try await database.lock(after: .start).nodes.map { [$0.node, $0.turn] }
            #expect(Set(turns) == [[1, 0], [2, 1]])
        }

        @Test func `a connection that broke before the commit was sent`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            let view = try await database.lock(after: .start)
            try await server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ecryptopayd'")
            try await eventually("the end of the session") {
                try await server.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ecryptopayd'")
                    == "0"
            }
            guard case .failed(let fault) = await database.commit(view.turn(1, [.report(1)])) else {
                Issue.record("nothing was sent")
                return
            }
            #expect(fault.kind == .refused)
            #expect(try await database.lock(after: .start).head.cut.seq == 0)
        }

        @Test func `the anchor is shown once behind a new connection`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            #expect(try await database.look(after: .start).anchor == nil)
            let first = try await database.write(1, [.report(1), .report(2)])
            let records = try await database.look(after: first.head.cut).records
            let cut = Cut(seq: 2, note: 0)
            #expect(try await database.look(after: cut).anchor == nil)
            try await server.killNine()
            #expect(await fault { try await database.look(after: cut) } != nil)
            try await server.start()
            // It joins nothing anew.
            let view = try await database.look(after: cut)
            #expect(view.anchor == .line(records[1].line))
            #expect(view.nodes == [NodeRow(node: 1, turn: 1, lease: 50_000_000_000, isExpired: false)])
            #expect(try await database.look(after: cut).anchor == nil)
        }

        @Test func `an anchor that is gone, and one that was pruned`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            try await database.write(1, [.report(1), .report(2)])
            try await server.execute("DELETE FROM ecryptopayd.records WHERE seq = 1")
            try await server.restart()
            _ = await fault { try await database.look(after: Cut(seq: 1, note: 0)) }
            #expect(try await database.look(after: Cut(seq: 1, note: 0)).anchor == .missing)
            try await server.execute("INSERT INTO ecryptopayd.gaps VALUES (1, 1)")
            try await server.restart()
            _ = await fault { try await database.lock(after: Cut(seq: 1, note: 0)) }
            #expect(try await database.lock(after: Cut(seq: 1, note: 0)).anchor == nil)
        }

        @Test func `a lock that another node keeps`() async throws {
            let server = try await PostgreSQLServer()
            let (one, other) = (try await server.joined(1), try await server.joined(2))
            let holder = try server.connect()
            try holder.run(
                "BEGIN", "SELECT 1 FROM ecryptopayd.ledger FOR UPDATE", "SET idle_in_transaction_session_timeout = 0")
            #expect(await fault { try await one.lock(after: .start) }?.kind == .lockTimeout)
            #expect(try await one.look(after: .start).head.cut.seq == 0)
            try holder.run("ROLLBACK")
            try await one.write(1, [.report(1)])
            #expect(try await other.lock(after: .start).head.cut.seq == 1)
        }

        @Test func `a commit that is cut short while it waits for the standby`() async throws {
            let server = try await PostgreSQLServer()
            let database = try await server.joined(1)
            let standby = try await server.makeStandby(synchronous: true)
            try await standby.stop()
            let view = try await database.lock(after: .start)
            // On no thread that the commit blocks.
            let cancelled = Task.detached {
                try await eventually("a commit that waits") {
                    try await server.execute(
                        "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                        == "1"
                }
            }
            guard case .warned(let warning) = await database.commit(view.turn(1, [.report(1)])) else {
                Issue.record("nobody was warned")
                return
            }
            try await cancelled.value
            #expect(warning.contains("canceling wait for synchronous replication"))
        }
    }
#endif
