#if PostgreSQL
    import Glibc
    import Testing
    import TestSupport

    /// Two daemons on one database that has a synchronous standby, under load, while one after the other is killed.
    @Suite(.ownThread) struct TwoNodesTests {
        private let primary: PostgreSQLServer
        private let standby: PostgreSQLServer
        private let database: LedgerDatabaseUnderTest
        private let sandbox: SandboxProcess
        private let shop: ShopServer
        private let nodes: [DaemonUnderTest]

        init() async throws {
            primary = try await PostgreSQLServer()
            standby = try await primary.makeStandby(synchronous: true)
            database = try LedgerDatabaseUnderTest(primary, standby)
            sandbox = try await SandboxProcess.start()
            shop = try ShopServer()
            var nodes: [DaemonUnderTest] = []
            for _ in 0..<2 {
                let node = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings, database: database)
                for (key, value) in [
                    "API_TIMEOUT": "3s", "CONFIRM_RATE": "1000", "CONFIRM_CONCURRENCY": "8",
                    "RECONCILE_INTERVAL": "0", "FORWARD_URLS": shop.url,
                    "FORWARD_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                ] {
                    try node.set("ECRYPTOPAY_\(key)", value)
                }
                nodes.append(node)
            }
            self.nodes = nodes
        }

        @Test func `a node, the server and then its machine are lost, but no acknowledged report`() async throws {
            try await nodes[0].startWithBaseline()
            try await nodes[1].start()
            // A fetch lasts long enough that another of the same payment would meet it.
            try sandbox.setFaults(#"{"latency_ms":20}"#)
            let senders = WebhookSenders(sandbox, to: nodes.map(\.address))
            senders.start(4)
            try await senders.acknowledge(60, "by two nodes")
            senders.stopForging()
            try senders.crowd(100)
            try await senders.acknowledge(20, "of many at once")
            try await nodes[0].end(SIGKILL)
            try await senders.acknowledge(10, "by the other node alone")
            try await nodes[0].start()
            try await senders.acknowledge(40, "after a node was killed")
            try senders.crowd(100)
            try await senders.acknowledge(20, "of many at once")
            try await primary.killNine()
            try await primary.start()
            try await senders.acknowledge(40, "after the server was killed")
            try senders.crowd(100)
            try await senders.acknowledge(20, "of many at once")
            try await primary.killNine()
            try await standby.promote()
            try await senders.acknowledge(40, "by the promoted standby")
            try await senders.stop()
            #expect(senders.errors == [])

            try await eventually("every payment is confirmed, settled and delivered", within: .seconds(60)) {
                let story = try LedgerStory(database)
                return senders.payments.allSatisfy { story.last[$0] == "done" }
                    && story.unsettled.isEmpty && story.news.isSubset(of: shop.seqs)
            }
            for node in nodes {
                #expect(node.process?.exit == nil)
                try await node.end()
            }
            let story = try LedgerStory(database)
            story.expectNoGap()
            #expect(senders.attempts.contains { $0.isForged && $0.status == 200 })
            story.expectReports(senders.attempts)
            #expect(story.confirmedForgeries == 0)
            #expect(try sandbox.request("GET", "/sandbox/overlaps").body == "{}")
            story.expectDeliveries(to: shop)
            await shop.stop()
        }
    }
#endif
