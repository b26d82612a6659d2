#if PostgreSQL
    import JournalFormat
    import Payments
    import SharedLedger
    import SharedLedgerSimulation
    import Synchronization
    import TestSupport
    import Testing

    @testable import PostgreSQLStore

    /// Two nodes on one server, with the whole of the shared ledger.
    @Suite(.ownThread) struct SharingTests {
        @Test func `each sees what the other does`() async throws {
            let server = try await PostgreSQLServer()
            let (one, other) = (try await Node(server), try await Node(server))
            #expect(one.ledger.journalID == other.ledger.journalID)
            for number in 1...20 as ClosedRange<Int64> {
                try await (number % 2 == 0 ? one : other).report(number)
            }
            try await eventually("all reports on both sides") {
                one.ledger.counts.pending == 20 && other.ledger.counts.pending == 20
            }
            // A call is one node's only.
            let claims = try await [one, other, one, other].asyncMap { try await $0.claim() }
            #expect(Set(claims.map(\.id)).count == 4)
            #expect(await other.ledger.claim(claims[0].id) == nil)
            for (node, claim) in zip([one, other, one, other], claims) {
                let settlement = try await node.ledger.settle(claim, try .payment(.paid(claim.id)), cause: .webhook)
                #expect(settlement.confirmedSeq != nil)
            }
            try await eventually("the confirmations on both sides") {
                one.ledger.counts.confirmed == 4 && other.ledger.counts.confirmed == 4
                    && one.ledger.counts.pending == 16 && other.ledger.counts.pending == 16
            }
            await one.ledger.end()
            await other.ledger.end()
            #expect(try await server.execute("SELECT count(*) FROM ecryptopayd.nodes") == "0")
            let third = try await Node(server)
            #expect(third.ledger.counts.confirmed == 4 && third.ledger.counts.pending == 16)
            await third.ledger.end()
            try await server.expectJournal(of: 20)
        }

        @Test func `the server is killed and comes back`() async throws {
            let server = try await PostgreSQLServer()
            let (one, other) = (try await Node(server), try await Node(server))
            let isDone = Flag()
            let acknowledged = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for (index, node) in [one, other].enumerated() {
                    for lane in 1...4 as ClosedRange<Int64> {
                        group.addTask {
                            var taken: [Int64] = []
                            var payment = Int64(index) * 1_000_000 + lane * 100_000
                            while !isDone.isSet {
                                payment += 1
                                if (try? await node.report(payment)) != nil { taken.append(payment) }
                            }
                            return taken
                        }
                    }
                }
                let count = { one.committed.load(ordering: .acquiring) + other.committed.load(ordering: .acquiring) }
                try await eventually("reports") { count() > 100 }
                try await server.killNine()
                try await eventually("a refusal") {
                    one.ledger.unavailability != nil && other.ledger.unavailability != nil
                }
                try await server.start()
                let before = count()
                try await eventually("reports on both sides") {
                    one.ledger.unavailability == nil && other.ledger.unavailability == nil && count() > before + 100
                }
                isDone.set()
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(one.ledger.failure == nil && other.ledger.failure == nil)
            let received = try await server.execute(
                "SELECT payment FROM ecryptopayd.records WHERE kind = 'received'"
            ).split(separator: "\n").compactMap { Int64($0) }
            #expect(Set(acknowledged).subtracting(received).isEmpty)
            #expect(Set(received).count == received.count)
            try await eventually("the same on both sides") {
                one.ledger.counts == other.ledger.counts && one.ledger.counts.pending == received.count
            }
            await one.ledger.end()
            await other.ledger.end()
            try await server.expectJournal(of: received.count)
        }
    }

    /// A node with a shared ledger, whose reports can be waited for.
    private final class Node: LedgerObserver {
        let ledger: SharedLedger
        private let waiting = Mutex<[(position: Int64, continuation: CheckedContinuation<Bool, Never>)]>([])
        /// How many reports it has acknowledged.
        let committed = Atomic(0)

        init(_ server: PostgreSQLServer) async throws {
            ledger = SharedLedger(
                try server.database(),
                SharedLedger.Options(
                    limits: .init(maxPending: 100_000, confirmRate: 10_000, confirmWindow: .seconds(60)),
                    account: .init(api: "api", client: "shop"), name: "host", version: "test", journal: "id",
                    segmentBytes: 1 << 20, longestCall: .seconds(20)), seed: .random(in: 0 ... .max))
            try await ledger.open()
            ledger.addObserver(self)
        }

        /// Reports a payment; returns when it is acknowledged.
        func report(_ payment: Int64) async throws {
            let body = Array(#"{"id":\#(payment),"state":"paid","amount":"1","currency":"btc"}"#.utf8)
            guard
                case .pending(let position) = ledger.record(
                    try ReportedPayment(body: body.span), peer: "unix", gathers: false)
            else {
                try await Task.sleep(for: .milliseconds(5))
                throw DeadlinePassed(what: "a ledger that takes reports")
            }
            let isTaken = await withCheckedContinuation { continuation in
                waiting.withLock { $0.append((position, continuation)) }
                // It may have been told before anybody waited.
                ledgerDidCommit(upTo: ledger.committed)
            }
            guard isTaken else { throw DeadlinePassed(what: "a commit") }
            committed.add(1, ordering: .releasing)
        }

        /// A call that may begin.
        func claim() async throws -> Claim {
            try await eventualValue("a claim") { self.ledger.claim(wanting: 1) }
        }

        func ledgerDidCommit(upTo position: Int64) { end(true) { $0 <= position } }

        func ledgerDidReject(after position: Int64, reason: String) { end(false) { $0 > position } }

        func ledgerDidFail(reason: String, errno: Int32) { end(false) { _ in true } }

        private func end(_ isTaken: Bool, _ isMeant: (Int64) -> Bool) {
            let ended = waiting.withLock { waiting in
                let ended = waiting.filter { isMeant($0.position) }
                waiting.removeAll { isMeant($0.position) }
                return ended
            }
            for (_, continuation) in ended { continuation.resume(returning: isTaken) }
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .acquiring) }

        func set() { value.store(true, ordering: .releasing) }
    }

    extension ConfirmedPayment {
        fileprivate static func paid(_ payment: Int64) throws -> ConfirmedPayment {
            try ConfirmedPayment(
                answer: Array(#"{"id":\#(payment),"state":"paid","amount":"1","currency":"btc"}"#.utf8), asked: payment)
        }
    }

    extension PostgreSQLServer {
        /// The journal has no gap, the head says what is there, and so many reports are in it.
        fileprivate func expectJournal(of reports: Int) async throws {
            let lines = try await execute("SELECT line FROM ecryptopayd.records ORDER BY seq").split(separator: "\n")
            var count = 0
            for (index, line) in lines.enumerated() {
                let entry = try Entry(line: Array(line.utf8).span)
                #expect(entry.seq == Int64(index) + 1)
                if case .received = entry.record { count += 1 }
            }
            #expect(count == reports)
            let bytes = lines.reduce(0) { $0 + $1.utf8.count + 1 }
            #expect(try await execute("SELECT seq, bytes FROM ecryptopayd.ledger") == "\(lines.count)|\(bytes)")
        }
    }

    extension Array {
        fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
            var results: [Result] = []
            for element in self { results.append(try await body(element)) }
            return results
        }
    }
#endif
