#if PostgreSQL
    import Glibc
    import JSON
    import Testing
    import TestSupport

    /// Some daemons on one database, with a sandbox for their API and a shop that they deliver to.
    struct NodesUnderTest {
        let database: LedgerDatabaseUnderTest
        let sandbox: SandboxProcess
        let shop: ShopServer
        let nodes: [DaemonUnderTest]

        init(
            _ count: Int, on database: LedgerDatabaseUnderTest, _ settings: [String: String] = [:]
        ) async throws {
            self.database = database
            let sandbox = try await SandboxProcess.start()
            self.sandbox = sandbox
            shop = try ShopServer()
            nodes = try (0..<count).map { _ in
                try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings, database: database)
            }
            let common = [
                "API_TIMEOUT": "3s", "CONFIRM_RATE": "1000", "CONFIRM_CONCURRENCY": "8", "RECONCILE_INTERVAL": "0",
                "FORWARD_URLS": shop.url, "FORWARD_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ].merging(settings) { $1 }
            for node in nodes {
                for (key, value) in common { try node.set("ECRYPTOPAY_\(key)", value) }
            }
        }

        subscript(index: Int) -> DaemonUnderTest { nodes[index] }

        var indices: Range<Int> { nodes.indices }

        /// Starts all; the first one decides, and has taken the baseline.
        func start(environment: [String: String] = [:]) async throws {
            try await nodes[0].startWithBaseline(environment: environment)
            for node in nodes.dropFirst() { try await node.start() }
            try await eventually("all have seen each other") {
                try nodes.allSatisfy { try $0.status()["cluster"]?["nodes"]?.array?.count == nodes.count }
            }
        }

        /// Ends those that run in order.
        func end() async throws {
            for node in nodes where node.process != nil && node.process?.exit == nil {
                let exit = try await node.end()
                #expect(exit == .code(0), "\(node.process?.errors ?? "")")
            }
            await shop.stop()
        }

        // MARK: Who decides

        /// Whether that one says that it decides.
        func decides(_ index: Int) -> Bool { (try? nodes[index].status()["cluster"]?["here"]) == .bool(true) }

        /// The node that decides, once one of these does.
        func decider(among candidates: [Int]? = nil, within duration: Duration = .seconds(60)) async throws -> Int {
            try await eventualValue("a node that decides: \(log)", within: duration) {
                (candidates ?? Array(indices)).first { decides($0) }
            }
        }

        /// One that does not.
        func other(than index: Int) -> Int { (index + 1) % nodes.count }

        /// What all of them have logged, for the message of a failed test.
        var log: String { nodes.map { $0.process?.errors ?? "" }.joined(separator: "\n--\n") }

        // MARK: Payments

        /// A payment that is paid, told to a node, which takes it; its number.
        @discardableResult
        func pay(telling node: Int, _ sourceLocation: SourceLocation = #_sourceLocation) async throws -> Int64 {
            let id = try sandbox.create()
            try sandbox.move(id, to: "paid")
            try await tell(id, to: node)
            return id
        }

        /// Has a node accept a report, be it after some attempts.
        func tell(_ id: Int64, state: String = "paid", to node: Int) async throws {
            try await eventually("a report of payment \(id) is accepted: \(log)", within: .seconds(60)) {
                (try? nodes[node].post(DaemonUnderTest.report(id, state: state)).status) == 200
            }
        }

        /// Waits until the API's word on each of these is in the journal.
        func confirmed(_ ids: [Int64], state: String = "paid") async throws {
            try await eventually("payments \(ids) are confirmed: \(log)", within: .seconds(60)) {
                let story = try LedgerStory(database)
                return ids.allSatisfy { story.last[$0] == state }
            }
        }

        /// Waits until everything is settled, and all news delivered.
        func settled() async throws -> LedgerStory {
            try await eventualValue("all is settled and delivered: \(log)", within: .seconds(90)) {
                guard try database.acceptedCount() == 0 else { return nil }
                let story = try LedgerStory(database)
                return story.unsettled.isEmpty && story.news.isSubset(of: shop.seqs) ? story : nil
            }
        }
    }

    /// How long something took, for whoever reads the test's output: no test depends on it.
    func printDuration(_ what: String, since start: ContinuousClock.Instant) {
        print("measured: \(what): \(ContinuousClock.now - start)")
    }
#endif
