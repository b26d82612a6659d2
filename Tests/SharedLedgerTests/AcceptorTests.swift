import JournalFormat
import JournalStore
import Payments
import SharedLedger
import SharedLedgerSimulation
import Testing
import TestSupport

@Suite(.ownThread) struct AcceptorTests {
    @Test func `a report is told of once the inbox has it, and not before`() {
        Cluster.with { cluster in
            let node = cluster.follower(1)
            cluster.draw { $0.kind == .accept ? .lostBefore : nil }
            let position = node.post(7)
            cluster.pass(5)
            #expect(position == 1 && node.heard.committed == 0)
            cluster.draw { _ in nil }
            #expect(cluster.wait(atMost: 3) { node.heard.committed == 1 } != nil)
        }
    }

    @Test func `a report whose insertion was not answered is inserted again, and settled as one`() {
        Cluster.with { cluster in
            let (node, count) = (cluster.follower(1), Counter())
            cluster.draw { $0.kind == .accept && count.add() == 1 ? .lostAfter : nil }
            _ = node.post(7)
            #expect(cluster.wait(atMost: 3) { node.heard.committed == 1 } != nil)
            cluster.pass(2)
            #expect(cluster.database.inboxCount == 0)
            #expect(cluster.database.rows.count { $0.record.kind == "received" } == 1)
        }
    }

    @Test func `a report that was inserted with a warning is told of only after another insertion`() {
        Cluster.with { cluster in
            let (node, count) = (cluster.follower(1), Counter())
            cluster.draw { $0.kind == .accept && count.add() < 3 ? .warned : nil }
            _ = node.post(7)
            #expect(cluster.wait(atMost: 3) { node.heard.committed == 1 } != nil)
            #expect(count.value >= 3)
        }
    }

    @Test func `what the database does not take for ten seconds is rejected, and nothing more is taken`() {
        Cluster.with { cluster in
            let node = cluster.node(1)
            cluster.database.close(for: .refused)
            _ = node.post(7)
            let time = cluster.wait(atMost: 12) { !node.heard.rejections.isEmpty }
            #expect(time.map { $0 >= 9.9 && $0 <= 10.1 } == true)
            #expect(node.heard.rejections == [0])
            #expect(node.post(8) == nil && node.shared.unavailability != nil)
            cluster.database.open()
            #expect(cluster.wait(atMost: 5) { node.shared.unavailability == nil } != nil)
            #expect(node.post(8) == 2, "and no position is given twice")
        }
    }

    @Test func `a full disk of the server is told to whoever sends reports`() {
        Cluster.with { cluster in
            let node = cluster.node(1)
            cluster.database.close(for: .full)
            _ = node.post(7)
            cluster.pass(1)
            #expect(node.post(8) == nil)
            #expect(node.shared.unavailability?.contains("full") == true)
        }
    }

    @Test func `nodes together have no more reports in the inbox than one may have pending`() {
        Cluster.with { cluster in
            let nodes = (1...3).map { cluster.node($0, maxPending: 12) }
            cluster.pass(2)
            // Nobody takes out what is there.
            cluster.draw { $0.kind == .append ? .refused(.lockTimeout) : nil }
            for _ in 0..<20 {
                for (index, node) in nodes.enumerated() {
                    for payment in 0..<3 { _ = node.post(Int64(index * 1000 + payment + 1), state: "\(payment)") }
                }
                cluster.pass(0.1)
            }
            #expect(cluster.database.inboxCount == 8, "what the node that decides accepts goes there never")
            #expect(nodes.allSatisfy { $0.post(1) == nil })
            cluster.draw { _ in nil }
            #expect(cluster.wait(atMost: 20) { cluster.database.inboxCount == 0 } != nil)
            cluster.pass(1)
            #expect(nodes.allSatisfy { $0.post(1) != nil })
        }
    }

    @Test func `when MAX_PENDING payments wait, reports of those never confirmed are refused, and others taken`() {
        Cluster.with { cluster in
            let decider = cluster.decider(1, maxPending: 2)
            confirm(7, by: decider, in: cluster)
            for payment: Int64 in [8, 9] { _ = decider.post(payment) }
            cluster.pass(10)
            let (unknown, known) = (decider.post(10), decider.post(7, state: "settled"))
            cluster.pass(1)
            #expect(unknown.map { decider.heard.refused.contains($0) } == true)
            #expect(known.map { decider.heard.committed >= $0 && !decider.heard.refused.contains($0) } == true)
        }
    }

    private func confirm(_ payment: Int64, by node: TestNode, in cluster: Cluster) {
        let isDone = Counter()
        Task(executorPreference: node.process) {
            defer { isDone.add() }
            guard let ledger = node.shared.term?.ledger, let claim = ledger.claim(payment) else { return }
            let text =
                #"{"id":\#(payment),"state":"paid","amount":"1.0","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z"}"#
            guard let answer = try? ConfirmedPayment(answer: Array(text.utf8), asked: payment) else { return }
            _ = try? await ledger.settle(claim, .payment(answer), cause: .webhook)
        }
        #expect(cluster.wait(atMost: 5) { isDone.value == 1 } != nil)
    }

    @Test func `who decides records its own reports, without the inbox`() {
        Cluster.with { cluster in
            let node = cluster.decider(1)
            cluster.draw { $0.kind == .accept ? .refused(.full) : nil }
            _ = node.post(7)
            #expect(cluster.wait(atMost: 0.1) { node.heard.committed == 1 } != nil)
            #expect(cluster.database.rows.count { $0.record.kind == "received" } == 1)
        }
    }

    @Test func `what a term could not record goes into the inbox, and the next one records it`() {
        Cluster.with { cluster in
            let (node, other) = (cluster.decider(1), cluster.node(2))
            cluster.pass(1)
            cluster.draw { $0.owner == node.link.owner ? .lostBefore : nil }
            _ = node.post(7)
            cluster.pass(0.1)
            #expect(node.heard.committed == 0)
            #expect(cluster.wait(atMost: 9) { other.isDeciding } != nil)
            cluster.draw { _ in nil }
            #expect(cluster.wait(atMost: 3) { node.heard.committed == 1 } != nil)
            #expect(cluster.wait(atMost: 1) { cluster.database.rows.contains { $0.record.payment == 7 } } != nil)
            #expect(node.heard.rejections.isEmpty && node.heard.refused.isEmpty)
        }
    }

    @Test func `an answer to what was asked before a term began ends no report that the term has`() {
        for misfortune: Fate.Misfortune? in [nil, .lostAfter] {
            Cluster.with { cluster in
                let (decider, node, isSlow) = (cluster.decider(2), cluster.node(1), Counter())
                cluster.pass(1)
                cluster.draw { $0.owner == 1 && $0.kind == .accept ? .refused(.full) : nil }
                _ = node.post(7)
                cluster.pass(11)
                #expect(node.heard.rejections == [0])
                // Nothing waits any more, and it asks whether the database answers again.
                cluster.database.setFates { call in
                    var fate = Fate()
                    (fate.there, fate.back) = (1_000_000, 1_000_000)
                    if call.owner == 1, call.kind == .accept {
                        fate.there = 12_000_000_000
                        fate.misfortune = misfortune
                    }
                    if isSlow.value > 0, call.kind == .append { fate.there = 9_500_000_000 }
                    return fate
                }
                decider.kill()
                #expect(cluster.wait(atMost: 10) { node.isDeciding } != nil)
                #expect(cluster.wait(atMost: 2) { node.shared.unavailability == nil } != nil)
                isSlow.add()
                let position = node.post(8) ?? 0
                cluster.pass(9)
                #expect(position == 2 && node.heard.committed < position)
                #expect(cluster.wait(atMost: 2) { node.heard.committed == position } != nil)
                cluster.pass(1)
                #expect(cluster.database.rows.count { $0.record.payment == 8 } == 1)
            }
        }
    }

    @Test func `a term that does not get an answer for ten seconds keeps no report waiting`() {
        Cluster.with { cluster in
            let node = cluster.decider(1)
            cluster.database.close(for: .refused)
            cluster.pass(4)
            let isTaken = node.post(7) != nil
            cluster.pass(11)
            #expect(!isTaken || node.heard.rejections == [0])
            #expect(node.post(8) == nil && node.shared.unavailability != nil)
            cluster.database.open()
            #expect(cluster.wait(atMost: 9) { node.shared.unavailability == nil } != nil)
        }
    }

    @Test(arguments: [true, false])
    func `what waits for ten seconds is rejected in the second outage, too`(decides: Bool) {
        Cluster.with { cluster in
            let node = decides ? cluster.decider(1) : cluster.follower(1)
            for outage in 1...3 {
                cluster.draw { _ in .doneLater(25_000_000_000) }
                let isTaken = node.post(Int64(outage)) != nil
                cluster.pass(12)
                #expect(isTaken && node.heard.rejections.count == outage)
                cluster.draw { _ in nil }
                #expect(cluster.wait(atMost: 30) { node.shared.unavailability == nil } != nil)
                cluster.pass(5)
            }
        }
    }

    @Test func `a report that tells nothing new is acknowledged only by who still decides`() {
        Cluster.with { cluster in
            let (node, other) = (cluster.decider(1), cluster.node(2))
            cluster.pass(1)
            _ = node.post(7)
            cluster.pass(1)
            cluster.draw { $0.owner == node.link.owner ? .lostBefore : nil }
            let position = node.post(7)
            cluster.pass(0.1)
            #expect(position.map { node.heard.committed < $0 } == true)
            #expect(cluster.wait(atMost: 9) { other.isDeciding } != nil)
        }
    }

    @Test func `a database that lost its ledger ends a node that accepts`() {
        Cluster.with { cluster in
            let node = cluster.follower(1)
            cluster.draw { $0.kind == .accept ? .refused(.damaged) : nil }
            _ = node.post(7)
            #expect(cluster.wait(atMost: 1) { node.heard.failure != nil } != nil)
        }
    }
}
