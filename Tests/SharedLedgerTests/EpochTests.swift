import SharedLedger
import SharedLedgerSimulation
import Synchronization
import Testing
import TestSupport

@testable import SharedLedger

@Suite(.ownThread) struct EpochTests {
    private func row(_ seq: Int64, _ text: String = "a") -> RecordRow {
        RecordRow(
            seq: seq, kind: "received", payment: 7, isChange: false, time: 0, line: Array("record \(seq) \(text)".utf8))
    }

    private func batch(_ rows: RecordRow...) -> LedgerBatch {
        var batch = LedgerBatch()
        batch.records = rows
        return batch
    }

    /// Does something in an epoch that has just begun.
    private func inEpoch(_ cluster: Cluster, _ work: @escaping @Sendable (Epoch, SimulatedProcess) -> Void) {
        let process = SimulatedProcess(1, on: cluster.machine)
        let link = cluster.database.link(of: 1)
        cluster.perform {
            let claim = LeaseClaim(node: 1, name: "node 1", epoch: nil, duration: Epoch.lease)
            guard let grant = try? link.takeLease(claim) else { return }
            work(Epoch(grant, of: 1, named: "node 1", link, in: process.environment), process)
        }
    }

    @Test func `a batch whose commit was not answered is not written again when it is there`() {
        Cluster.with { cluster in
            let count = Counter()
            cluster.draw { $0.kind == .append && count.add() == 1 ? .lostAfter : nil }
            inEpoch(cluster) { [self] epoch, _ in
                #expect(epoch.write(batch(row(1))))
                #expect(epoch.last == 1)
            }
            #expect(count.value == 1)
            #expect(cluster.database.lastSeq == 1)
        }
    }

    @Test func `a batch that never came there is written again`() {
        Cluster.with { cluster in
            let count = Counter()
            cluster.draw { $0.kind == .append && count.add() < 3 ? .lostBefore : nil }
            inEpoch(cluster) { [self] epoch, _ in #expect(epoch.write(batch(row(1)))) }
            #expect(count.value == 3 && cluster.database.lastSeq == 1)
        }
    }

    @Test func `a batch that comes to the server late changes nothing`() {
        Cluster.with { cluster in
            let count = Counter()
            cluster.draw { $0.kind == .append && count.add() == 1 ? .doneLater(1_000_000_000) : nil }
            inEpoch(cluster) { [self] epoch, process in
                #expect(epoch.write(batch(row(1))))
                process.pause(2_000_000_000)
                #expect(epoch.write(batch(row(2))))
            }
            #expect(cluster.database.rows.map(\.record.seq) == [1, 2])
        }
    }

    @Test func `what was written in an epoch that is over is not there, and the epoch says so`() {
        Cluster.with { cluster in
            inEpoch(cluster) { [self] epoch, _ in
                cluster.database.takeLeaseAway()
                #expect(!epoch.write(batch(row(1))))
                #expect(epoch.end == .deposed)
            }
            #expect(cluster.database.lastSeq == 0)
        }
    }

    @Test func `a database that lacks what it has acknowledged ends the epoch`() {
        Cluster.with { cluster in
            inEpoch(cluster) { [self] epoch, _ in
                #expect(epoch.write(batch(row(1))) && epoch.write(batch(row(2))))
                cluster.database.failOver(lacking: 1)
                #expect(!epoch.write(batch(row(3))))
                guard case .lost? = epoch.end else {
                    Issue.record("it ended as \(epoch.end as Any)")
                    return
                }
            }
        }
    }

    @Test func `another record under the last number ends the epoch`() {
        Cluster.with { cluster in
            inEpoch(cluster) { [self] epoch, _ in
                #expect(epoch.write(batch(row(1))))
                // The server that takes over has the same epoch, and another record 1.
                cluster.database.replaceLast(by: row(1, "b"))
                cluster.database.failOver()
                #expect(!epoch.write(batch(row(2))))
                guard case .lost? = epoch.end else {
                    Issue.record("it ended as \(epoch.end as Any)")
                    return
                }
            }
        }
    }

    @Test func `a former primary is not written to`() {
        Cluster.with { cluster in
            inEpoch(cluster) { [self] epoch, _ in
                #expect(epoch.write(batch(row(1))))
                cluster.database.failOver()
                #expect(epoch.write(batch(row(2))))
                cluster.database.bringBackFormer()
                for seq: Int64 in 3...20 {
                    cluster.database.restart()
                    #expect(epoch.write(batch(row(seq))))
                }
            }
            #expect(cluster.database.rows.map(\.record.seq) == Array(1...20))
        }
    }

    @Test func `a program that stops does not try for longer than it has`() {
        Cluster.with { cluster in
            inEpoch(cluster) { [self] epoch, process in
                cluster.database.close(for: .unreachable)
                let start = process.monotonic
                epoch.stop(within: 5_000_000_000)
                #expect(!epoch.write(batch(row(1))))
                #expect(epoch.end == .stopped)
                #expect(process.monotonic - start <= 5_000_000_000)
            }
        }
    }
}
