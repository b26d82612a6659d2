#if PostgreSQL
    import Glibc
    import POSIX
    import Synchronization
    import Testing
    import TestSupport

    /// nginx with the configuration that is shipped, before two nodes instead of one, as its comment says.
    @Suite(.ownThread) struct TwoNodesNginxTests {
        private let server: PostgreSQLServer
        private let nodes: [DaemonUnderTest]
        private let shipped: ShippedNginx

        init() async throws {
            let server = try await PostgreSQLServer()
            self.server = server
            nodes = try (0..<2).map { _ in try DaemonUnderTest(database: LedgerDatabaseUnderTest(server)) }
            let addresses = nodes.map { "\($0.address)" }
            var shipped = try ShippedNginx(upstream: addresses[0])
            try shipped.replace(
                "server \(addresses[0]);",
                with: "zone ecryptopayd_nodes 64k;"
                    + addresses.map { " server \($0) max_fails=1 fail_timeout=5s;" }.joined())
            // What many senders may do is here done by few.
            try shipped.replace("rate=200r/s", with: "rate=10000r/s")
            self.shipped = shipped
        }

        @Test func `one node is killed, and no sender sees an error`() async throws {
            for node in nodes { try await node.start() }
            let nginx = try await shipped.startPlain()
            let address = nginx.address
            let answers = Mutex<[Int]>([])
            let isStopped = Mutex(false)
            let running = Mutex(4)
            for sender in 0..<4 {
                onThread {
                    var id = Int64(sender) * 100_000
                    while !isStopped.withLock({ $0 }) {
                        id += 1
                        let status = Self.post(id, address)
                        answers.withLock { $0.append(status) }
                    }
                    running.withLock { $0 -= 1 }
                }
            }
            func answered(_ count: Int, _ what: String) async throws {
                let goal = answers.withLock { $0.count } + count
                try await eventually("\(count) answers \(what)", within: .seconds(90)) {
                    answers.withLock { $0.count } >= goal
                }
            }
            try await answered(100, "by two nodes")
            #expect(try nodes.allSatisfy { try $0.metric("ecryptopayd_webhooks_total{result=\"accepted\"}") ?? 0 > 0 })
            nodes[0].releaseSocket()
            try await nodes[0].end(SIGKILL)
            try await answered(100, "by one")
            isStopped.withLock { $0 = true }
            try await eventually("the last answers") { running.withLock { $0 } == 0 }
            #expect(answers.withLock { Set($0) } == [200])
            #expect(Set(try await nodes[1].settledPayments("received")).count == answers.withLock { $0.count })
            try await nodes[1].end()
        }

        @Test func `without a database both nodes answer 503 with Retry-After`() async throws {
            for node in nodes { try await node.start() }
            let nginx = try await shipped.startPlain()
            #expect(Self.post(1, nginx.address) == 200)
            try await server.stop()
            for id in Int64(2)...20 {
                let client = try ClientSocket(nginx.address)
                try client.send(DaemonUnderTest.request(DaemonUnderTest.report(id)))
                let answer = try client.receive()
                #expect(answer.status == 503, "\(answer.body)")
                #expect(answer.field("retry-after") == "30")
            }
            try await server.start()
            try await eventually("200 again") { Self.post(99, nginx.address) == 200 }
            for node in nodes { try await node.end() }
        }

        /// The answer to a report; 0 for none.
        private static func post(_ id: Int64, _ address: SocketAddress) -> Int {
            do {
                let client = try ClientSocket(address)
                try client.send(DaemonUnderTest.request(DaemonUnderTest.report(id)))
                return try client.receive().status
            } catch { return 0 }
        }
    }
#endif
