#if PostgreSQL
    import Glibc
    import JSON
    import Testing
    import TestSupport

    /// Two daemons whose server is replaced by its standby.
    @Suite(.ownThread) struct FailoverTests {
        /// Whatever a daemon that came to a server would change there.
        private func traces(_ server: PostgreSQLServer) async throws -> String {
            try await server.execute(
                """
                SELECT (SELECT max(seq) FROM ecryptopayd.records), (SELECT epoch FROM ecryptopayd.lease), \
                (SELECT count(*) FROM ecryptopayd.inbox), (SELECT max(seen) FROM ecryptopayd.nodes)
                """)
        }

        @Test func `a former primary that takes writes again gets none, and nothing is read from it`() async throws {
            let primary = try await PostgreSQLServer()
            let standby = try await primary.makeStandby(synchronous: true)
            let cluster = try await NodesUnderTest(2, on: LedgerDatabaseUnderTest(primary, standby))
            try await cluster.start()
            let promoted = try LedgerDatabaseUnderTest(standby)
            var ids = [try await cluster.pay(telling: 0), try await cluster.pay(telling: 1)]
            try await cluster.confirmed(ids)
            try await primary.killNine()
            try await standby.promote()
            for node in cluster.indices { ids.append(try await cluster.pay(telling: node)) }
            try await cluster.confirmed(ids)
            // By then both have seen what the former primary lacks.
            let decider = try await cluster.decider()
            let last = Int64(try promoted.lines().count)
            try await eventually("both show the last record") {
                try cluster.nodes.allSatisfy { try $0.status()["journal"]?["seq"]?.integer ?? 0 >= last }
            }

            try await primary.start()
            try await primary.execute("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
            let before = try await traces(primary)
            for turn in 0..<5 {
                try await standby.execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                    """)
                ids.append(try await cluster.pay(telling: turn % 2))
                let reader = try EventReader(cluster[cluster.other(than: decider)], "?after=\(last - 1)")
                #expect(try reader.next()["seq"]?.integer == last)
            }
            // Wherever a connection is open, it is one to the server that was promoted.
            #expect(try await traces(primary) == before)
            try await primary.stop()

            try await eventually("all are confirmed: \(cluster.log)", within: .seconds(60)) {
                let story = try LedgerStory(promoted)
                return ids.allSatisfy { story.last[$0] == "paid" } && story.news.isSubset(of: cluster.shop.seqs)
            }
            let story = try LedgerStory(promoted)
            story.expectNoGap()
            story.expectDeliveries(to: cluster.shop)
            for node in cluster.nodes { #expect(node.process?.exit == nil) }
            try await cluster.end()
        }

        @Test func `a standby is promoted that lacks what was acknowledged: the daemons end with 74 and say so`()
            async throws
        {
            let primary = try await PostgreSQLServer()
            let standby = try await primary.makeStandby(synchronous: false)
            let cluster = try await NodesUnderTest(2, on: LedgerDatabaseUnderTest(primary, standby))
            try await cluster.start()
            let replayed = "SELECT count(*) FROM ecryptopayd.nodes"
            try await eventually("the standby has the tables") {
                (try? await standby.execute(replayed)) == "2"
            }
            try await standby.stop()
            let ids = [try await cluster.pay(telling: 0), try await cluster.pay(telling: 1)]
            try await cluster.confirmed(ids)
            let last = Int64(try cluster.database.lines().count)
            try await eventually("both have seen the records") {
                try cluster.nodes.allSatisfy { try $0.status()["journal"]?["seq"]?.integer ?? 0 >= last }
            }
            try await primary.killNine()
            try await standby.start()
            try await standby.promote()
            for node in cluster.nodes {
                let process = try #require(node.process)
                #expect(try await process.waitForExit(within: .seconds(90)) == .code(74), "\(process.errors)")
                let said = process.errors
                #expect(said.contains("lacks record") || said.contains("is in epoch"), "\(said)")
                #expect(said.contains("hint: "), "\(said)")
            }
            await cluster.shop.stop()
        }
    }
#endif
