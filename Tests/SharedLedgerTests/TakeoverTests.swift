import JournalFormat
import JournalStore
import Ledger
import Payments
import SharedLedger
import SharedLedgerSimulation
import Testing
import TestSupport

@testable import SharedLedger

@Suite(.ownThread) struct TakeoverTests {
    /// Has whoever decides write the state.
    private func checkpoint(_ node: TestNode, _ cluster: Cluster) {
        let isDone = Counter()
        Task(executorPreference: node.process) {
            await node.shared.term?.ledger.checkpoint()
            isDone.add()
        }
        #expect(cluster.wait(atMost: 5) { isDone.value == 1 } != nil)
    }

    @Test func `a takeover reads from the checkpoint on`() {
        Cluster.with { cluster in
            let first = cluster.decider(1)
            for payment: Int64 in 1...20 { _ = first.post(payment) }
            cluster.pass(1)
            checkpoint(first, cluster)
            let last = cluster.database.lastSeq
            _ = first.post(21)
            cluster.pass(1)
            first.kill()
            let second = cluster.node(2)
            #expect(cluster.wait(atMost: 10) { second.isDeciding } != nil)
            #expect(cluster.database.checkpoint?.seq == last)
            #expect(second.shared.term?.ledger.recovered.records == 1)
            #expect(second.shared.term?.ledger.counts.pending == 21)
        }
    }

    @Test func `a takeover without a checkpoint reads everything`() {
        Cluster.with { cluster in
            let first = cluster.decider(1)
            for payment: Int64 in 1...20 { _ = first.post(payment) }
            cluster.pass(1)
            first.kill()
            let second = cluster.node(2)
            #expect(cluster.wait(atMost: 10) { second.isDeciding } != nil)
            #expect(second.shared.term?.ledger.counts.pending == 20)
            #expect(second.shared.term?.ledger.durable == cluster.database.lastSeq)
        }
    }

    @Test func `a checkpoint of a record that was pruned with others behind it is not gone on from`() {
        Cluster.with { cluster in
            let first = cluster.decider(1)
            _ = first.post(7)
            cluster.pass(1)
            checkpoint(first, cluster)
            for payment: Int64 in [8, 9] {
                _ = first.post(payment)
                cluster.pass(1)
            }
            first.kill()
            cluster.database.prune(before: cluster.database.lastSeq)
            let second = cluster.node(2)
            #expect(cluster.wait(atMost: 10) { second.isDeciding } != nil)
            #expect(
                second.shared.term?.ledger.counts.pending == 1, "what settled the other report may have been pruned")
        }
    }

    @Test func `a term begins with a record that names the endpoints, since those before it may be pruned`() {
        Cluster.with { cluster in
            let first = cluster.decider(1)
            cluster.perform { _ = try? first.shared.term?.ledger.configure(endpoints: ["shop", "books"]) }
            first.kill()
            let second = cluster.node(2)
            #expect(cluster.wait(atMost: 10) { second.isDeciding } != nil)
            let line = cluster.database.rows.last { $0.record.kind == "opened" }?.record.line ?? []
            guard case .opened(let opened)? = (try? Entry(line: line.span))?.record else {
                Issue.record("no record that begins the term")
                return
            }
            #expect(opened.endpoints == ["shop", "books"])
            #expect(cluster.database.lastSeq == 3)
        }
    }

    @Test func `records that are missing are told of, and not passed over`() {
        Cluster.with { cluster in
            let first = cluster.decider(1)
            for payment: Int64 in 1...5 { _ = first.post(payment) }
            cluster.pass(1)
            cluster.database.lose(record: 3)
            first.kill()
            let second = cluster.node(2)
            cluster.pass(30)
            #expect(!second.isDeciding)
            #expect(second.shared.fault != nil || second.shared.failure != nil)
        }
    }
}
