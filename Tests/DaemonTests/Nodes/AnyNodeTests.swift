#if PostgreSQL
    import Glibc
    import JSON
    import Testing
    import TestSupport

    /// What an operator and his programs get from a node that does not decide: as much as from the one that does.
    @Suite(.ownThread) struct AnyNodeTests {
        private let server: PostgreSQLServer
        private let cluster: NodesUnderTest

        init() async throws {
            server = try await PostgreSQLServer()
            cluster = try await NodesUnderTest(2, on: LedgerDatabaseUnderTest(server))
        }

        /// Starts both; returns the one that decides, and the other one.
        private func start() async throws -> (decider: Int, other: Int) {
            try await cluster.start()
            let decider = try await cluster.decider()
            return (decider, cluster.other(than: decider))
        }

        private func run(_ arguments: String..., on node: Int) async throws -> ChildProcess.Result {
            try await cluster[node].run(arguments + ["--env-file", cluster[node].envFile])
        }

        @Test func `events come in order through a node that does not decide, and go on at another`() async throws {
            let (decider, other) = try await start()
            let reader = try EventReader(cluster[other], "?after=0")
            var ids: [Int64] = []
            for turn in 0..<6 { ids.append(try await cluster.pay(telling: turn % 2)) }
            try await cluster.confirmed(ids)
            let news = try await cluster.settled().news
            // The shop has a delivery before the journal has it.
            try await eventually("each delivery is recorded") {
                try cluster[other].records("delivered").count == news.count
            }
            let all = Int64(try LedgerStory(cluster.database).seqs.count)
            #expect(try reader.seqs(Int(all)) == (1...all).map { $0 })
            let half = all / 2
            let resumed = try EventReader(cluster[decider], "?after=\(half)")
            #expect(try resumed.seqs(Int(all - half)) == (half + 1...all).map { $0 })
            // Both hear of what comes then.
            let last = try await cluster.pay(telling: other)
            for reader in [reader, resumed] {
                let record = try reader.next()
                #expect(record["seq"]?.integer == all + 1 && record["payment"]?.integer == last)
            }
            // One who has seen more elsewhere is asked to come again, and one who has seen what there is not is told so there.
            for (node, status) in [(other, 503), (decider, 400)] {
                let answer = try cluster[node].ask("/events?after=1000000")
                #expect(answer.status == status, "\(answer.body)")
                #expect((answer.field("retry-after") == nil) == (status == 400))
            }
            try await cluster.end()
        }

        @Test func `status tells on either node who decides, and what only that one knows there`() async throws {
            let (decider, other) = try await start()
            let id = try await cluster.pay(telling: other)
            try await cluster.confirmed([id])
            _ = try await cluster.settled()
            try await eventually("all is well on both") {
                try cluster.nodes.allSatisfy { try $0.status()["well"] == .bool(true) }
            }
            let (here, there) = (try cluster[decider].status(), try cluster[other].status())
            for status in [here, there] {
                #expect(status["cluster"]?["deciding"]?.string?.isEmpty == false)
                #expect(status["cluster"]?["nodes"]?.array?.count == 2)
                #expect(status["ready"] == .bool(true))
            }
            for name in ["pending", "confirmed", "delivered", "received"] {
                #expect(here[name]?.integer != nil, "\(name)")
                #expect(there[name] == .null, "\(name)")
            }
            let text = try await run("status", on: decider)
            #expect(text.exit == .code(0) && text.output.contains("this node, for "), "\(text)")
            #expect(text.output.contains("confirmed "), "\(text)")
            let elsewhere = try await run("status", on: other)
            #expect(elsewhere.exit == .code(0) && !elsewhere.output.contains("this node, for "), "\(elsewhere)")
            #expect(elsewhere.output.contains("decides ") && !elsewhere.output.contains("confirmed "), "\(elsewhere)")
            let json = try await run("status", "--json", on: other)
            #expect(json.exit == .code(0), "\(json)")
            #expect(try JSONValue(parsing: Array(json.output.utf8))["cluster"]?["here"] == .bool(false))
            try await cluster.end()
        }

        @Test func `reconcile and replay are done by the node that decides, whichever is asked`() async throws {
            let (_, other) = try await start()
            let id = try await cluster.pay(telling: other)
            try await cluster.confirmed([id])
            _ = try await cluster.settled()

            let untold = try cluster.sandbox.create()
            let single = try await run("reconcile", "--payment", "\(untold)", on: other)
            #expect(single.exit == .code(0), "\(single)")
            try await eventually("it is fetched") {
                try cluster[other].records("confirmed", payment: untold).count == 1
            }
            let found = try cluster.sandbox.create()
            try await eventually("a listing is taken") {
                let all = try await run("reconcile", on: other)
                #expect(all.exit == .code(0) || all.exit == .code(75), "\(all)")
                return all.exit == .code(0)
            }
            try await eventually("it is found") { try cluster[other].records("confirmed", payment: found).count == 1 }

            _ = try await cluster.settled()
            let deliveries = cluster.shop.deliveries.count
            let dry = try await run("replay", "--payment", "\(id)", "--dry-run", on: other)
            #expect(dry.exit == .code(0) && dry.output.hasPrefix("1 deliveries would be made"), "\(dry)")
            #expect(cluster.shop.deliveries.count == deliveries)
            let replayed = try await run("replay", "--payment", "\(id)", "--yes", on: other)
            #expect(
                replayed.exit == .code(0) && replayed.output.hasPrefix("1 deliveries are being made"), "\(replayed)")
            try await eventually("it is delivered again") { cluster.shop.told.count { $0.payment == id } == 2 }
            #expect(try await server.execute("SELECT count(*) FROM ecryptopayd.commands") == "0")
            try await cluster.end()
        }

        @Test func `settings that differ are told on every node, until they are equal`() async throws {
            try cluster[1].set("ECRYPTOPAY_FORWARD_URLS", "http://127.0.0.1:1/elsewhere")
            try await cluster.start()
            for node in cluster.nodes {
                try await eventually("the difference is told") {
                    let problems = try node.status()["problems"]?.array?.compactMap(\.string) ?? []
                    return problems.contains { $0.hasPrefix("ECRYPTOPAY_FORWARD_URLS on this node differs") }
                }
            }
            let told = try await run("status", on: 0)
            #expect(told.exit == .code(1), "\(told)")
            #expect(!told.output.contains("elsewhere"))
            try cluster[1].set("ECRYPTOPAY_FORWARD_URLS", cluster.shop.url)
            cluster[1].process?.signal(SIGHUP)
            for node in cluster.nodes {
                try await eventually("they are equal") { try node.status()["problems"]?.array?.isEmpty == true }
            }
            try await cluster.end()
        }
    }
#endif
