#if PostgreSQL
    import Glibc
    import JSON
    import TestSupport
    import Testing

    /// A database that is set back to an earlier point, by `pg_dump` and `pg_restore`, and nodes that are told so: on the real binary.
    @Suite(.ownThread) struct RestoredDatabaseTests {
        private static let jump = Int64(1) << 32

        private let server: PostgreSQLServer
        private let database: LedgerDatabaseUnderTest

        init() async throws {
            server = try await PostgreSQLServer()
            try await server.execute("CREATE DATABASE shop")
            database = try LedgerDatabaseUnderTest(server, database: "shop")
        }

        private func command(_ cluster: NodesUnderTest, _ arguments: String...) async throws -> ChildProcess.Result {
            try await cluster[0].run(arguments, environment: ["ECRYPTOPAY_JOURNAL": database.url])
        }

        @Test func `nodes that know more end, and one that is told so goes on with numbers that nobody has seen`()
            async throws
        {
            let cluster = try await NodesUnderTest(2, on: database, ["RECONCILE_INTERVAL": "5m"])
            let state = ["STATE_DIRECTORY": cluster[0].directory.path]
            try await cluster.start(environment: state)
            var ids = [try await cluster.pay(telling: 0), try await cluster.pay(telling: 1)]
            _ = try await cluster.settled()
            // A report is in the inbox at the point that is gone back to: whoever decides holds still.
            let decider = try await cluster.decider()
            cluster[decider].process?.signal(SIGSTOP)
            ids.append(try await cluster.pay(telling: cluster.other(than: decider)))
            let dump = try await server.dump(database: "shop")
            cluster[decider].process?.signal(SIGCONT)
            for _ in 0..<2 { ids.append(try await cluster.pay(telling: 0)) }
            let before = try await cluster.settled()
            let told = cluster.shop.deliveries.count
            let highest = try #require(before.seqs.max())

            try await server.restore(dump, to: "shop")
            for node in cluster.nodes {
                #expect(try await node.process?.waitForExit() == .code(74))
                #expect(node.process?.errors.contains("\"serve --restored\"") == true, "\(cluster.log)")
            }
            let point = try LedgerStory(database).seqs.max() ?? 0
            #expect(point < highest && cluster.shop.deliveries.count == told)

            // Whatever restarts a node, what it had seen is not forgotten.
            try cluster[0].launch(environment: state)
            #expect(try await cluster[0].process?.waitForExit() == .code(74))
            #expect(
                cluster[0].process?.errors.contains("the database was set back: its journal ends with record \(point)")
                    == true)

            // It waits until the lease has run out that somebody had at that point.
            try await cluster[0].start(environment: state, options: ["--restored"])
            try await cluster[0].process?.waitForOutput(containing: "goes on with record")
            #expect(try cluster[0].status()["journal"]?["restored"]?["after"]?.integer == point)
            try await cluster[1].start()
            ids.append(try await cluster.pay(telling: 1))
            // The report that waited, what the listing finds, and what is new: all of it is told.
            try await eventually("all is delivered: \(cluster.log)", within: .seconds(60)) {
                Set(cluster.shop.told.dropFirst(told).map(\.payment)) == Set(ids.dropFirst(2))
            }
            let after = try await cluster.settled()
            #expect(cluster.shop.told.dropFirst(told).allSatisfy { $0.seq > highest + Self.jump })
            var bodies: [String: String] = [:]
            for delivery in cluster.shop.deliveries {
                let id = try #require(delivery.id)
                #expect(bodies.updateValue(delivery.body, forKey: id) ?? delivery.body == delivery.body, "\(id)")
            }
            let jumps = zip(after.seqs, after.seqs.dropFirst()).filter { $1 != $0 + 1 }
            #expect(jumps.count == 1 && jumps.first?.0 == point && jumps.first?.1 ?? 0 > point + Self.jump)

            // Readers pass over the gap, and so does a replay that looks through all.
            let feed = try EventReader(cluster[0], "?after=\(point - 1)")
            #expect(try feed.next()["seq"]?.integer == point)
            #expect(try feed.next()["kind"]?.string == "pruned")
            #expect(try feed.next()["seq"]?.integer == jumps.first?.1)
            let replayed = try await cluster[1].run([
                "replay", "--since", "1h", "--dry-run", "--env-file", cluster[1].envFile,
            ])
            #expect(replayed.output == "\(after.news.count) deliveries would be made\n", "\(replayed.errors)")

            // A later start repeats what was restored, and takes the next number.
            try await cluster.end()
            try await cluster[1].start()
            try await cluster[1].process?.waitForOutput(containing: "this node decides now")
            let opened = try cluster[1].records("opened")
            #expect(opened.last?["restored_after"]?.integer == point && opened.last?["checksum_ids"]?.integer == 1)
            try await cluster[1].end()
            #expect(try await command(cluster, "journal", "verify").exit == .code(0))
            try await copied(cluster, point: point)
        }

        /// A copy has the same gap, as files and in a database again, and both are gone on with.
        private func copied(_ cluster: NodesUnderTest, point: Int64) async throws {
            let files = cluster[0].directory.path(of: "copy")
            let out = try await command(cluster, "journal", "copy", database.url, files, "--yes")
            #expect(out.exit == .code(0), "\(out.errors)")
            let verified = try await cluster[0].run(["journal", "verify", "--directory", files])
            #expect(verified.exit == .code(0), "\(verified.errors)")
            try await server.execute("CREATE DATABASE again")
            let again = try LedgerDatabaseUnderTest(server, database: "again", place: server)
            let back = try await command(cluster, "journal", "copy", files, again.url, "--yes")
            #expect(back.exit == .code(0), "\(back.errors)")
            let daemon = try DaemonUnderTest(
                apiURL: cluster.sandbox.apiURL, account: cluster.sandbox.settings, database: again)
            try await daemon.start()
            #expect(try await daemon.end() == .code(0))
            #expect(try daemon.records("opened").last?["restored_after"]?.integer == point)
        }

        @Test func `a node is not told so beside one that decides`() async throws {
            let cluster = try await NodesUnderTest(2, on: database)
            try await cluster[0].startWithBaseline()
            let before = try cluster[0].journal().count
            try cluster[1].launch(options: ["--restored"])
            #expect(try await cluster[1].process?.waitForExit() == .code(75))
            let errors = cluster[1].process?.errors ?? ""
            #expect(
                errors.contains("another node decides, on ") && errors.contains("stop all other nodes"), "\(errors)")
            #expect(try cluster[0].journal().count == before)
            try await cluster.end()
        }
    }
#endif
