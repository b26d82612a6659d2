#if PostgreSQL
    import Glibc
    import Testing
    import TestSupport

    /// Three daemons under load, of which one after the other is killed or stopped, as a seed says.
    @Suite(.ownThread) struct ThreeNodesTests {
        /// xorshift64*: the same for the same seed.
        private struct Chance: RandomNumberGenerator {
            var state: UInt64

            mutating func next() -> UInt64 {
                state ^= state >> 12
                state ^= state << 25
                state ^= state >> 27
                return state &* 2_685_821_657_736_338_717
            }
        }

        @Test(arguments: [1, 2] as [UInt64])
        func `nodes are killed at random, and every acknowledged report is settled and delivered`(seed: UInt64)
            async throws
        {
            let server = try await PostgreSQLServer()
            let database = try LedgerDatabaseUnderTest(server)
            let cluster = try await NodesUnderTest(3, on: database)
            try await cluster.start()
            let senders = WebhookSenders(cluster.sandbox, to: cluster.nodes.map(\.address))
            senders.start(3)
            try await senders.acknowledge(20, "by three nodes")
            senders.stopForging()
            var chance = Chance(state: seed &* 0x9E37_79B9_7F4A_7C15)
            for round in 1...4 {
                let index = Int.random(in: cluster.indices, using: &chance)
                let node = cluster[index]
                // How far it is with what it does is left to chance.
                try await senders.acknowledge(Int.random(in: 1...12, using: &chance), "in round \(round)")
                if Bool.random(using: &chance) { try senders.crowd(40) }
                let isStopped = Int.random(in: 0..<4, using: &chance) == 0
                try await node.end(isStopped ? SIGTERM : SIGKILL)
                try await senders.acknowledge(Int.random(in: 1...12, using: &chance), "by those that are left")
                try await node.start()
            }
            try await senders.stop()
            #expect(senders.errors == [])
            let story = try await cluster.settled()
            story.expectNoGap()
            story.expectReports(senders.attempts)
            story.expectDeliveries(to: cluster.shop)
            #expect(story.confirmedForgeries == 0)
            #expect(senders.payments.allSatisfy { story.last[$0] == "done" })
            try await cluster.end()
            #expect(
                try await cluster[0].run(
                    ["journal", "verify", "--env-file", cluster[0].envFile],
                    environment: ["ECRYPTOPAY_JOURNAL": database.url]
                ).exit == .code(0))
        }
    }
#endif
