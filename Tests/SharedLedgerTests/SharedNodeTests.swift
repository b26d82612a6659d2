import Payments
import SharedLedger
import SharedLedgerSimulation
import Synchronization
import Testing
import TestSupport

@Suite(.ownThread) struct SharedNodeTests {
    private func pair(_ cluster: Cluster) -> (decider: TestNode, other: TestNode) {
        let decider = cluster.decider(1)
        let other = cluster.node(2)
        cluster.pass(2)
        #expect(decider.isDeciding && !other.isDeciding)
        return (decider, other)
    }

    // MARK: Who decides

    @Test func `after a kill another one decides within ten seconds`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            decider.kill()
            #expect(cluster.wait(atMost: 10) { other.isDeciding } != nil)
        }
    }

    @Test func `after a stop another one decides within two seconds`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            decider.stop()
            #expect(cluster.wait(atMost: 2) { other.isDeciding } != nil)
        }
    }

    @Test func `after a stop another one decides within two seconds though no notification comes`() {
        Cluster.with { cluster in
            cluster.database.setNotificationLoss { true }
            let (decider, other) = pair(cluster)
            decider.stop()
            #expect(cluster.wait(atMost: 2) { other.isDeciding } != nil)
        }
    }

    @Test func `a node that stops while it takes over keeps nobody from deciding`() {
        Cluster.with { cluster in
            let isSlow = Counter()
            cluster.database.setFates { call in
                guard call.owner == 1, call.kind == .append else { return Fate() }
                isSlow.add()
                var fate = Fate()
                fate.there = 500_000_000
                return fate
            }
            let first = cluster.node(1)
            #expect(cluster.wait(atMost: 5) { isSlow.value > 0 } != nil)
            #expect(!first.isDeciding)
            first.stop()
            let second = cluster.node(2)
            #expect(cluster.wait(atMost: 3) { second.isDeciding } != nil)
        }
    }

    @Test func `a node that stood still for longer than its lease writes nothing, and hears that another one decides`()
    {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            _ = decider.post(7)
            cluster.pass(1)
            cluster.machine.freeze(1)
            #expect(cluster.wait(atMost: 10) { other.isDeciding } != nil)
            let epoch = other.shared.term?.number ?? 0
            _ = decider.post(8)
            cluster.machine.thaw(1)
            #expect(cluster.wait(atMost: 6) { !decider.isDeciding } != nil)
            #expect(decider.heard.ended == ["another node decides now"])
            #expect(cluster.wait(atMost: 5) { decider.heard.committed == 2 } != nil, "it still takes reports")
            cluster.pass(2)
            let others = cluster.database.rows.filter { $0.node == "node 1" && $0.epoch >= epoch }
            #expect(others.isEmpty && cluster.database.violations.isEmpty)
        }
    }

    @Test func `a lease that was taken without an answer is taken again by the same node at once`() {
        Cluster.with { cluster in
            let count = Counter()
            cluster.draw { $0.kind == .takeLease && count.add() == 1 ? .lostAfter : nil }
            let node = cluster.node(1)
            #expect(cluster.wait(atMost: 3) { node.isDeciding } != nil)
        }
    }

    @Test func `rows that an administrator deletes come back by themselves`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            cluster.database.deleteNodes()
            cluster.database.deleteLease()
            _ = other.post(7)
            #expect(cluster.wait(atMost: 15) { cluster.database.inboxCount == 0 && other.heard.committed == 1 } != nil)
            cluster.pass(5)
            #expect([decider, other].count { $0.isDeciding } == 1)
            #expect(other.shared.standing?.nodes.count == 2)
            #expect(decider.shared.failure == nil && other.shared.failure == nil)
        }
    }

    @Test func `a clock of the server that is set back keeps nobody from deciding`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            cluster.database.setClockError(-3_600_000_000_000)
            decider.kill()
            #expect(cluster.wait(atMost: 20) { other.isDeciding } != nil)
        }
    }

    // MARK: Servers

    @Test func `a failover loses nothing, and both nodes go on`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            _ = other.post(7)
            cluster.pass(1)
            cluster.database.failOver()
            _ = other.post(8)
            #expect(cluster.wait(atMost: 10) { other.heard.committed == 2 && cluster.database.inboxCount == 0 } != nil)
            #expect(decider.shared.failure == nil && other.shared.failure == nil)
        }
    }

    @Test func `a former primary that comes back costs no report, and ends no node`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            _ = other.post(7)
            cluster.pass(1)
            cluster.database.failOver()
            cluster.pass(12)
            cluster.database.bringBackFormer()
            var last: Int64 = 1
            for number: Int64 in 10..<30 {
                cluster.database.restart()
                last = other.post(number) ?? last
                cluster.pass(0.4)
            }
            cluster.database.loseFormer()
            let time = cluster.wait(atMost: 30) { [last] in
                other.heard.committed == last && cluster.database.inboxCount == 0
            }
            #expect(time != nil)
            #expect(decider.shared.failure == nil && other.shared.failure == nil)
            let received = cluster.database.rows.count { $0.record.kind == "received" }
            #expect(received == Int(last))
            #expect(cluster.database.violations.isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `a node that follows knows the last durable record's line, which proves the server`(losesNotifications: Bool) {
        Cluster.with { cluster in
            cluster.database.setNotificationLoss { losesNotifications }
            let (decider, other) = pair(cluster)
            _ = decider.post(7)
            cluster.pass(losesNotifications ? 5 : 0.2)
            let seen = other.link.proof.value
            #expect(seen.seq == cluster.database.lastSeq)
            #expect(
                seen.head == cluster.database.rows.last.map { Array($0.record.line.prefix(StoredRecord.headLength)) })
        }
    }

    @Test func `a database that was set back ends both nodes`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            for payment: Int64 in 1...10 { _ = decider.post(payment) }
            cluster.pass(5)
            cluster.database.failOver(lacking: 20)
            let posted = decider.post(99)
            #expect(cluster.wait(atMost: 40) { decider.shared.failure != nil && other.shared.failure != nil } != nil)
            #expect(decider.heard.failure != nil && other.heard.failure != nil)
            #expect(posted == nil || decider.heard.committed < posted ?? 0, "nothing more is acknowledged")
            #expect(decider.post(100) == nil && decider.shared.unavailability != nil)
        }
    }

    @Test func `a database that cannot be reached is told of, and forgotten when it answers`() {
        Cluster.with { cluster in
            let (_, other) = pair(cluster)
            cluster.database.close(for: .unreachable)
            cluster.pass(5)
            #expect(other.shared.fault?.kind == .unreachable)
            cluster.database.open()
            #expect(cluster.wait(atMost: 5) { other.shared.fault == nil } != nil)
        }
    }

    // MARK: Commands

    @Test func `a command is handed over once, and answered`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            let answer = Answer()
            cluster.perform {
                let text = (try? other.shared.handOver("replay 7")) ?? "none"
                answer.set(text)
            }
            cluster.pass(5)
            #expect(answer.text == "done: replay 7")
            #expect(decider.heard.commands == ["replay 7"])
        }
    }

    @Test func `a command that nobody took is done by whoever decides next, and once`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            cluster.machine.freeze(1)
            let answer = Answer()
            cluster.perform {
                let text = (try? other.shared.handOver("replay 7")) ?? "none"
                answer.set(text)
            }
            cluster.machine.thaw(1)
            cluster.pass(20)
            #expect(answer.text == "done: replay 7")
            #expect(decider.heard.commands.isEmpty && other.heard.commands == ["replay 7"])
        }
    }

    @Test func `a command that nobody takes fails after ten seconds, and is not done later`() {
        Cluster.with { cluster in
            let (decider, other) = pair(cluster)
            cluster.draw { $0.kind == .takeLease ? .refused(.lockTimeout) : nil }
            cluster.machine.freeze(1)
            let failures = Counter()
            cluster.perform { do { _ = try other.shared.handOver("replay 7") } catch { failures.add() } }
            cluster.draw { _ in nil }
            cluster.machine.thaw(1)
            cluster.pass(20)
            #expect(failures.value == 1)
            #expect(decider.heard.commands.isEmpty && other.heard.commands.isEmpty)
        }
    }
}

/// What came back, to be asked for later.
private final class Answer: Sendable {
    private let state = Mutex("")

    var text: String { state.withLock { $0 } }

    func set(_ text: String) { state.withLock { $0 = text } }
}
