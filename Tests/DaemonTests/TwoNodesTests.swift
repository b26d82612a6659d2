#if PostgreSQL
    import Glibc
    import JSON
    import TestSupport
    import Testing

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
                    // What a dead node had begun is another's after 25 s.
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

        @Test func `a node, the server and then its machine are lost, and nothing that was acknowledged`() async throws
        {
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
                let story = try Story(database)
                return senders.payments.allSatisfy { story.last[$0] == "done" }
                    && story.unsettled.isEmpty && story.news.isSubset(of: shop.seqs)
            }
            for node in nodes {
                #expect(node.process?.exit == nil)
                try await node.end()
            }
            let story = try Story(database)
            #expect(story.seqs == Array(1...Int64(story.seqs.count)))
            expectReports(senders.attempts, in: story)
            #expect(story.confirmedForgeries == 0)
            #expect(try sandbox.request("GET", "/sandbox/overlaps").body == "{}")
            expectDeliveries(of: story)
            await shop.stop()
        }

        /// What was answered 200 is there once, or an answer of the API has told what it says.
        private func expectReports(_ attempts: [WebhookSenders.Attempt], in story: Story) {
            #expect(attempts.contains { $0.isForged && $0.status == 200 })
            let there = attempts.filter { story.received[$0.number] == 1 }
            for attempt in attempts {
                let count = story.received[attempt.number, default: 0]
                if count == 1 { continue }
                guard count == 0, attempt.status == 200 else {
                    #expect(count == 0, "report \(attempt) is there \(count) times")
                    continue
                }
                let isCovered = there.contains {
                    ($0.payment, $0.state, $0.isForged) == (attempt.payment, attempt.state, attempt.isForged)
                }
                let isKnown =
                    !attempt.isForged
                    && story.confirmations.contains { $0.payment == attempt.payment && $0.state == attempt.state }
                #expect(isCovered || isKnown, "report \(attempt) is not there")
            }
        }

        /// Each piece of news has arrived, and that of one payment first in its order, whatever arrived again.
        private func expectDeliveries(of story: Story) {
            var seen: [Int64: [Int64]] = [:]
            var last: [Int64: Int64] = [:]
            for (payment, seq) in shop.told {
                if !seen[payment, default: []].contains(seq) { seen[payment, default: []].append(seq) }
                last[payment] = seq
            }
            for (payment, seqs) in seen {
                #expect(seqs == seqs.sorted(), "payment \(payment)")
                #expect(last[payment] == seqs.max(), "payment \(payment) ends with old news")
            }
            #expect(story.news == shop.seqs)
        }
    }

    /// What the journal tells.
    private struct Story {
        var seqs: [Int64] = []
        /// How often each attempt's report is there.
        var received: [Int: Int] = [:]
        /// The API's word on each payment, one after the other.
        var confirmations: [(payment: Int64, state: String)] = []
        var last: [Int64: String] = [:]
        /// Reports that no record settles.
        var unsettled: Set<Int64> = []
        /// Records that are to be delivered.
        var news: Set<Int64> = []
        var confirmedForgeries = 0

        init(_ database: LedgerDatabaseUnderTest) throws {
            var forged: Set<Int64> = []
            for line in try database.lines() {
                let record = try JSONValue(parsing: line)
                let seq = try #require(record["seq"]?.integer)
                seqs.append(seq)
                let settled = Set((record["of"]?.array ?? []).compactMap(\.integer) + [record["of"]?.integer ?? 0])
                switch record["kind"]?.string {
                case "received":
                    received[Int(try #require(record["report"]?["attempt"]?.integer)), default: 0] += 1
                    unsettled.insert(seq)
                    if record["report"]?["amount"]?.string == "9999.0" { forged.insert(seq) }
                case "confirmed":
                    let state = record["current"]?["state"]?.string ?? ""
                    let payment = try #require(record["payment"]?.integer)
                    confirmations.append((payment, state))
                    last[payment] = state
                    unsettled.subtract(settled)
                    if !forged.isDisjoint(with: settled) { confirmedForgeries += 1 }
                    if record["news"] == .bool(true), record["cause"]?.string != "baseline" { news.insert(seq) }
                case "refuted": unsettled.subtract(settled)
                default: break
                }
            }
        }
    }

    extension ShopServer {
        /// The payment and the record of each delivery, in the order in which they came.
        fileprivate var told: [(payment: Int64, seq: Int64)] {
            deliveries.compactMap { delivery in
                guard let body = try? JSONValue(parsing: Array(delivery.body.utf8)),
                    let payment = body["data"]?["id"]?.integer, let seq = body["seq"]?.integer
                else { return nil }
                return (payment, seq)
            }
        }

        fileprivate var seqs: Set<Int64> { Set(told.map(\.seq)) }
    }
#endif
