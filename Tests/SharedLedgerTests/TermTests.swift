import SharedLedger
import SharedLedgerSimulation
import Testing
import TestSupport

@Suite(.ownThread) struct TermTests {
    private func received(_ cluster: Cluster) -> Int { cluster.database.rows.count { $0.record.kind == "received" } }

    @Test func `the node that decides records reports that another has accepted`() {
        Cluster.with { cluster in
            _ = cluster.decider(1)
            let other = cluster.node(2)
            _ = other.post(7)
            #expect(cluster.wait(atMost: 2) { cluster.database.inboxCount == 0 && received(cluster) == 1 } != nil)
        }
    }

    @Test func `without notifications the inbox is looked at within two seconds`() {
        Cluster.with { cluster in
            cluster.database.setNotificationLoss { true }
            _ = cluster.decider(1)
            let other = cluster.node(2)
            _ = other.post(7)
            #expect(cluster.wait(atMost: 2) { received(cluster) == 1 } != nil)
        }
    }

    @Test func `a report that came behind a later one, or of a node that nobody knows, is found by the sweep`() {
        Cluster.with { cluster in
            _ = cluster.decider(1)
            let other = cluster.node(2)
            _ = other.post(7)
            cluster.pass(2)
            cluster.database.insert(8, of: 2, number: 0)
            cluster.database.insert(9, of: 77, number: 1)
            #expect(cluster.wait(atMost: 62) { cluster.database.inboxCount == 0 } != nil)
            #expect(received(cluster) == 3)
        }
    }

    @Test func `nodes that follow hear of records within 0.2 s`() {
        Cluster.with { cluster in
            _ = cluster.decider(1)
            let other = cluster.node(2)
            cluster.pass(5)
            _ = other.post(7)
            #expect(cluster.wait(atMost: 0.2) { other.shared.durable == cluster.database.lastSeq } != nil)
        }
    }
}
