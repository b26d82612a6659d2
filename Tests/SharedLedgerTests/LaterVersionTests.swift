import JournalFormat
import JournalStore
import Ledger
import SharedLedgerSimulation
import Testing
import TestSupport

@testable import SharedLedger

/// What a later version of the program has written into a shared ledger: passed over where that may be, and never taken for damage.
@Suite(.ownThread) struct LaterVersionTests {
    /// The rows of a sample; of a line that this version cannot read, the columns are a later version's.
    private func rows(_ name: String) throws -> [RecordRow] {
        try sampleJournal(name).split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
            let line = Array(line)
            return (try? RecordRow(line: line))
                ?? RecordRow(seq: Int64(index) + 1, kind: "shipped", payment: 42, isChange: false, time: 0, line: line)
        }
    }

    private func audit(_ name: String) throws -> SharedAudit {
        let rows = try rows(name)
        let claims = SharedAudit.Claims(
            seq: Int64(rows.count), bytes: rows.reduce(0) { $0 + Int64($1.line.count) + 1 },
            segments: Int64(rows.count { $0.kind == "opened" }), gaps: [], checkpoint: nil)
        var audit = SharedAudit(claims)
        for row in rows { audit.add(row) }
        audit.end()
        return audit
    }

    @Test func `verify counts what is passed over, and finds nothing wrong with it`() throws {
        let audit = try audit("later-passed-over")
        #expect(audit.problemCount == 0 && audit.records == 5, "\(audit.problems)")
        #expect(audit.passedOver == ["shipped": 1])
    }

    @Test(arguments: [("later-kind", "0.2.0", 4), ("later-format", "0.3.0", 2)])
    func `verify finds what this version may not read, and which version wrote it`(
        name: String, version: String, records: Int
    ) throws {
        let audit = try audit(name)
        #expect(audit.problemCount == 1 && audit.laterCount == 1, "\(audit.problems)")
        #expect(audit.laterVersion?.version == version && audit.records == records)
        #expect(
            audit.problems.first?.hasSuffix("hint: install ecryptopayd \(version), which wrote it, or a later version")
                == true)
    }

    /// The last record of a decider that was killed, in another form.
    private func replaceLast(_ cluster: Cluster, by members: String) {
        let seq = cluster.database.lastSeq
        let rest =
            #""seq":\#(seq),"durable":0,"time":"2026-11-22T22:31:04.512345Z","kind":"shipped","payment":42\#(members)}"#
        let crc = CRC32C.text(of: CRC32C.checksum(Array(rest.utf8).span))
        cluster.database.replaceLast(
            by: RecordRow(
                seq: seq, kind: "shipped", payment: 42, isChange: false, time: 0,
                line: Array(#"{"crc":"\#(crc)",\#(rest)"#.utf8)))
    }

    @Test func `a takeover passes over a kind that says so`() {
        Cluster.with { cluster in
            let first = cluster.decider(1)
            _ = first.post(7)
            cluster.pass(1)
            _ = first.post(8)
            cluster.pass(1)
            first.kill()
            replaceLast(cluster, by: #","skip":true"#)
            let second = cluster.node(2)
            #expect(cluster.wait(atMost: 10) { second.isDeciding } != nil)
            #expect(second.shared.term?.ledger.counts.pending == 1)
            cluster.perform {
                var reader = second.shared.reader(after: 0)
                var kinds: [String] = []
                _ = try? reader.read(atMost: .max, upTo: cluster.database.lastSeq) { _, entry in
                    kinds.append(entry.record.kind)
                } pruned: { _ in
                } damaged: { _ in
                }
                #expect(kinds == ["opened", "received", "shipped", "opened"])
            }
        }
    }

    @Test func `a takeover stops at any other, for good, and says what to install`() {
        Cluster.with { cluster in
            let first = cluster.decider(1)
            _ = first.post(7)
            cluster.pass(1)
            first.kill()
            replaceLast(cluster, by: "")
            let second = cluster.node(2)
            #expect(cluster.wait(atMost: 10) { second.shared.failure != nil } != nil)
            #expect(!second.isDeciding)
            #expect(second.shared.failure?.hasSuffix(#"its kind "shipped" is not known to this version"#) == true)
            #expect(second.shared.advice == "install ecryptopayd 1, which wrote it, or a later version")
        }
    }

    @Test func `a node does not join a ledger whose format is not for this version`() throws {
        let line = try rows("later-format")[2].line
        let identity = LedgerIdentity(journal: "id", opened: line)
        let fault = #expect(throws: DatabaseFault.self) {
            try LedgerAccount(api: "api", client: "client").refuse(otherThan: identity)
        }
        #expect(fault?.kind == .laterVersion(hint: "install ecryptopayd 0.3.0, which wrote it, or a later version"))
    }
}
