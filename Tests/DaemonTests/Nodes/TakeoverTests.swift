#if PostgreSQL
    import Glibc
    import HTTP1
    import HTTPServer
    import JSON
    import Testing
    import TestSupport

    /// Which of several daemons decides, when it changes, and what must not happen then.
    @Suite(.ownThread) struct TakeoverTests {
        private let server: PostgreSQLServer
        private let database: LedgerDatabaseUnderTest

        init() async throws {
            server = try await PostgreSQLServer()
            database = try LedgerDatabaseUnderTest(server)
        }

        private func nodes(_ count: Int = 2, _ settings: [String: String] = [:]) async throws -> NodesUnderTest {
            let cluster = try await NodesUnderTest(count, on: database, settings)
            try await cluster.start()
            return cluster
        }

        /// Whether a record stands behind one of a later epoch.
        private func hasLateWrites() async throws -> Bool {
            try await server.execute(
                """
                SELECT count(*) FROM (SELECT epoch, lag(epoch) OVER (ORDER BY seq) AS before FROM ecryptopayd.records) AS r \
                WHERE epoch < before
                """) != "0"
        }

        @Test func `the deciding node is killed, and later stopped: another one decides, and nothing is lost`()
            async throws
        {
            let cluster = try await nodes()
            var ids = [try await cluster.pay(telling: 0), try await cluster.pay(telling: 1)]
            try await cluster.confirmed(ids)
            let first = try await cluster.decider()
            let second = cluster.other(than: first)
            var start = ContinuousClock.now
            try await cluster[first].end(SIGKILL)
            // Nobody decides meanwhile, and reports are accepted as before.
            ids.append(try await cluster.pay(telling: second))
            _ = try await cluster.decider(among: [second])
            printDuration("another node decides after kill -9", since: start)
            try await cluster[first].start()
            ids.append(try await cluster.pay(telling: first))
            try await cluster.confirmed(ids)
            start = ContinuousClock.now
            #expect(try await cluster[second].end() == .code(0))
            _ = try await cluster.decider(among: [first])
            printDuration("another node decides after a clean stop", since: start)
            // Who stops refuses nobody.
            #expect(cluster[second].process?.errors.contains("answered 503") == false)
            ids.append(try await cluster.pay(telling: first))
            try await cluster.confirmed(ids)
            let story = try await cluster.settled()
            story.expectNoGap()
            story.expectDeliveries(to: cluster.shop)
            #expect(try await !hasLateWrites())
            try await cluster.end()
        }

        @Test func `all daemons and the server are killed at once: nothing that was acknowledged is lost`()
            async throws
        {
            let cluster = try await nodes()
            let senders = WebhookSenders(cluster.sandbox, to: cluster.nodes.map(\.address))
            senders.stopForging()
            senders.start(2)
            try await senders.acknowledge(20, "before the power goes")
            try senders.crowd(60)
            try await senders.acknowledge(10, "of many at once")
            try await server.killNine()
            for node in cluster.nodes { try await node.end(SIGKILL) }
            try await server.start()
            for node in cluster.nodes { try await node.start() }
            try await senders.acknowledge(20, "after it came back")
            try await senders.stop()
            let story = try await cluster.settled()
            story.expectNoGap()
            story.expectReports(senders.attempts)
            story.expectDeliveries(to: cluster.shop)
            #expect(senders.payments.allSatisfy { story.last[$0] == "done" })
            try await cluster.end()
        }

        @Test func `a node that was stopped beyond its lease writes nothing more, and accepts again`() async throws {
            let cluster = try await nodes()
            let first = try await cluster.decider()
            let second = cluster.other(than: first)
            var ids = [try await cluster.pay(telling: first)]
            try await cluster.confirmed(ids)
            let sleeper = try #require(cluster[first].process)
            sleeper.signal(SIGSTOP)
            ids.append(try await cluster.pay(telling: second))
            _ = try await cluster.decider(among: [second])
            try await cluster.confirmed(ids)
            sleeper.signal(SIGCONT)
            try await sleeper.waitForOutput(containing: "this node decides no longer")
            ids.append(try await cluster.pay(telling: first))
            try await cluster.confirmed(ids)
            #expect(!cluster.decides(first) && cluster.decides(second))
            #expect(try cluster[first].ask("/healthz").status == 200)
            let story = try await cluster.settled()
            story.expectNoGap()
            story.expectDeliveries(to: cluster.shop)
            #expect(try await !hasLateWrites())
            #expect(try await cluster[first].end() == .code(0), "\(sleeper.errors)")
            try await cluster.end()
        }

        @Test func `a node that stood still while records were pruned has nothing delivered twice`() async throws {
            let cluster = try await nodes(2, ["JOURNAL_SEGMENT_BYTES": "1024"])
            let first = try await cluster.decider()
            let second = cluster.other(than: first)
            var ids: [Int64] = []
            for _ in 0..<10 { ids.append(try await cluster.pay(telling: first)) }
            try await cluster.confirmed(ids)
            let story = try await cluster.settled()
            let sleeper = try #require(cluster[first].process)
            sleeper.signal(SIGSTOP)
            _ = try await cluster.decider(among: [second])
            try cluster[second].set("ECRYPTOPAY_JOURNAL_KEEP", "1ms")
            cluster[second].process?.signal(SIGHUP)
            try await cluster[second].process?.waitForOutput(containing: "old segments dropped")
            sleeper.signal(SIGCONT)
            try await sleeper.waitForOutput(containing: "this node decides no longer")
            // The same again is told to both: it is known.
            for id in ids { for node in cluster.indices { try await cluster.tell(id, to: node) } }
            #expect(try await cluster[second].end() == .code(0))
            _ = try await cluster.decider(among: [first])
            for id in ids { try await cluster.tell(id, to: first) }
            // What comes behind them shows that they were decided upon.
            let last = try await cluster.pay(telling: first)
            try await cluster.confirmed([last])
            try await eventually("the last delivery") { cluster.shop.told.contains { $0.payment == last } }
            let told = cluster.shop.told.filter { $0.payment != last }
            #expect(Set(told.map(\.seq)) == story.news, "\(told)")
            try await cluster.end()
        }

        @Test(arguments: ["nodes", "lease"])
        func `rows that somebody deletes come back by themselves, and no report or delivery is lost`(_ table: String)
            async throws
        {
            let cluster = try await nodes()
            var ids = [try await cluster.pay(telling: 0), try await cluster.pay(telling: 1)]
            try await cluster.confirmed(ids)
            try await server.execute("DELETE FROM ecryptopayd.\(table)")
            for node in cluster.indices { ids.append(try await cluster.pay(telling: node)) }
            try await cluster.confirmed(ids)
            let wanted = table == "nodes" ? 2 : 1
            try await eventually("the rows are back") {
                try await server.execute("SELECT count(*) FROM ecryptopayd.\(table)") == "\(wanted)"
            }
            try await eventually("both nodes see each other, and one decides") {
                try cluster.nodes.allSatisfy {
                    let status = try $0.status()["cluster"]
                    return status?["nodes"]?.array?.count == 2 && status?["deciding"]?.string != nil
                } && cluster.indices.count { cluster.decides($0) } == 1
            }
            let story = try await cluster.settled()
            story.expectNoGap()
            story.expectDeliveries(to: cluster.shop)
            #expect(try await !hasLateWrites())
            try await cluster.end()
        }

        @Test func `with all tables published, commands, checkpoints, prunes and takeovers succeed`() async throws {
            try await server.execute("CREATE PUBLICATION everything FOR ALL TABLES")
            let cluster = try await nodes(2, ["JOURNAL_SEGMENT_BYTES": "1024"])
            var ids: [Int64] = []
            for turn in 0..<8 { ids.append(try await cluster.pay(telling: turn % 2)) }
            try await cluster.confirmed(ids)
            let first = try await cluster.decider()
            let second = cluster.other(than: first)
            // A command, a checkpoint, a prune, and a takeover.
            let replay = ["replay", "--payment", "\(ids[0])", "--yes", "--env-file", cluster[second].envFile]
            let replayed = try await cluster[second].run(replay)
            #expect(replayed.exit == .code(0), "\(replayed)")
            try cluster[first].set("ECRYPTOPAY_JOURNAL_KEEP", "1ms")
            cluster[first].process?.signal(SIGHUP)
            try await cluster[first].process?.waitForOutput(containing: "old segments dropped")
            #expect(try await cluster[first].end() == .code(0))
            let last = try await cluster.pay(telling: second)
            try await cluster.confirmed([last])
            try await cluster.end()
        }

        @Test func `a shop that was down gets what it missed from the next node, in each payment's order`()
            async throws
        {
            let cluster = try await nodes()
            cluster.shop.change { $0.respond(.init(status: 503)) }
            let ids = try (0..<5).map { _ in try cluster.sandbox.create() }
            for state in ["paid", "done"] {
                for id in ids {
                    try cluster.sandbox.move(id, to: state)
                    try await cluster.tell(id, state: state, to: Int(id) % 2)
                }
                try await cluster.confirmed(ids, state: state)
            }
            try await eventually("an attempt has failed") { !cluster.shop.deliveries.isEmpty }
            let refused = cluster.shop.deliveries.count
            let first = try await cluster.decider()
            try await cluster[first].end(SIGKILL)
            cluster.shop.change { $0.respond(.init(status: 204)) }
            let story = try await cluster.settled()
            #expect(cluster.shop.deliveries.count > refused)
            #expect(story.newsOf.values.allSatisfy { $0.count == 2 })
            story.expectDeliveries(to: cluster.shop)
            let second = cluster.other(than: first)
            try await eventually("no delivery waits") {
                let endpoints = try cluster[second].status()["endpoints"]?.array ?? []
                return !endpoints.isEmpty && endpoints.allSatisfy { $0["waiting"]?.integer == 0 }
            }
            try await cluster.end()
        }
    }
#endif
