import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import POSIX
import Testing

@testable import JournalStore

/// Old settled segments are dropped by a running ledger, and nothing that they told is forgotten.
struct PruneTests {
    /// A ledger whose segments hold few records, with this many payments confirmed.
    private func settled(_ count: Int64) async throws -> LedgerFixture {
        let fixture = try LedgerFixture(segmentBytes: 600, hasBaseline: true)
        for id in 1...count { try await settle(id, fixture) }
        return fixture
    }

    private func settle(_ id: Int64, _ fixture: LedgerFixture, state: String = "paid", second: Int = 0) async throws {
        fixture.record(try report(id, state, second: second))
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, try answer(id, state, second: second), cause: .webhook)
    }

    private func segments(_ fixture: LedgerFixture) throws -> [Int64] { try JournalReader(fixture.disk).segments }

    private let future = Int64.max

    @Test func `settled segments go, and what they told of each payment stays known over a restart`() async throws {
        let fixture = try await settled(8)
        let before = try segments(fixture)
        #expect(before.count > 4)
        let pruned = try fixture.ledger.prune(before: future)
        #expect(pruned.segments == before.dropLast().map { SegmentName.name(firstSeq: $0) })
        #expect(pruned.records == before.last! - 1)
        #expect(pruned.known > 0)
        #expect(try segments(fixture).first == before.last)
        fixture.ledger.close()
        #expect(Checkpoint.read(fixture.disk)?.isUsable == true, "else the next start reads everything")
        #expect(try JournalReader(fixture.disk).forEachLine { _, _ in } == nil)
        for keepsCheckpoint in [true, false] {
            if !keepsCheckpoint { fixture.disk.remove(Checkpoint.name) }
            let next = try fixture.reopened()
            #expect(next.ledger.counts.known == 8)
            for id in 1...8 as ClosedRange<Int64> {
                #expect(next.ledger.record(try report(id, "paid"), peer: "unix") == .known)
            }
            next.ledger.close()
        }
    }

    @Test func `a ledger that has pruned goes on, and prunes again`() async throws {
        let fixture = try await settled(6)
        _ = try fixture.ledger.prune(before: future)
        for id in 7...12 as ClosedRange<Int64> { try await settle(id, fixture) }
        try await settle(1, fixture, state: "sent", second: 1)
        let pruned = try fixture.ledger.prune(before: future)
        #expect(!pruned.segments.isEmpty)
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        let next = try fixture.reopened()
        #expect(next.ledger.counts.known == 12)
        #expect(next.ledger.record(try report(1, "sent", second: 1), peer: "unix") == .known)
        #expect(next.ledger.record(try report(1, "paid"), peer: "unix") != .known)
    }

    @Test func `a segment with a report that waits stays, and all behind it`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 600, hasBaseline: true)
        for id in 1...3 as ClosedRange<Int64> { try await settle(id, fixture) }
        let waiting = try #require(fixture.record(try report(99, "paid")))
        fixture.settle()
        let held = try #require(try segments(fixture).last { $0 <= waiting })
        for id in 4...8 as ClosedRange<Int64> {
            fixture.record(try report(id, "paid"))
            for _ in 1...2 {
                let claim = try #require(fixture.claim())
                let answer = claim.id == 99 ? Answer.failed("later") : try answer(claim.id, "paid")
                _ = try await fixture.ledger.settle(claim, answer, cause: .webhook)
            }
        }
        let pruned = try fixture.ledger.prune(before: future)
        #expect(pruned.heldBy == "record \(waiting), a report of payment 99 that is not settled")
        #expect(try segments(fixture).first == held)
        fixture.ledger.close()
        let claims = try fixture.reopened()
        #expect(claims.claim()?.reports.map(\.seq) == [waiting])
    }

    @Test func `a report that was set aside holds its segment too`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 600, confirmWindow: .nanoseconds(1), hasBaseline: true)
        fixture.record(try report(99, "paid"))
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, .failed("down"), cause: .webhook)
        #expect(fixture.ledger.counts.abandoned == 1)
        for id in 1...5 as ClosedRange<Int64> { try await settle(id, fixture) }
        let pruned = try fixture.ledger.prune(before: future)
        #expect(pruned.segments == [])
        #expect(pruned.heldBy?.contains("payment 99") == true)
    }

    @Test func `segments younger than the limit stay`() async throws {
        let fixture = try await settled(8)
        let before = try segments(fixture)
        let times = try times(fixture)
        // As old as the head of the third segment, but not older.
        let pruned = try fixture.ledger.prune(before: try #require(times[before[2]]))
        #expect(pruned.segments == [SegmentName.name(firstSeq: before[0])])
        #expect(pruned.heldBy == nil)
    }

    private func times(_ fixture: LedgerFixture) throws -> [Int64: Int64] {
        var times: [Int64: Int64] = [:]
        _ = try JournalReader(fixture.disk).forEachLine { times[$1.seq] = $1.time }
        return times
    }

    @Test func `while an answer is on its way for a payment in old segments, nothing goes`() async throws {
        let fixture = try await settled(8)
        let before = try segments(fixture)
        fixture.record(try report(1, "sent", second: 1))
        let claim = try #require(fixture.claim())
        let held = try fixture.ledger.prune(before: future)
        #expect(held.segments == [])
        #expect(held.heldBy?.contains("payment 1,") == true)
        #expect(try segments(fixture).first == before.first)
        _ = try await fixture.ledger.settle(claim, try answer(1, "sent", second: 1), cause: .webhook)
        #expect(try fixture.ledger.prune(before: future).segments.isEmpty == false)
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        let next = try fixture.reopened()
        #expect(next.ledger.record(try report(1, "sent", second: 1), peer: "unix") == .known)
    }

    @Test func `no segment goes when its words cannot be written, and the next attempt succeeds`() async throws {
        let fixture = try await settled(8)
        let before = try segments(fixture)
        fixture.disk.setFault { call in
            if case .write(let name, _) = call, name.hasSuffix(".jsonl") { return .error(28) }
            return nil
        }
        #expect(throws: JournalFault.self) { try fixture.ledger.prune(before: future) }
        fixture.disk.setFault(nil)
        #expect(try segments(fixture).starts(with: before))
        #expect(try fixture.ledger.prune(before: future).segments.count >= before.count - 1)
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        #expect(try fixture.reopened().ledger.counts.known == 8)
    }

    @Test func `what is left is on the disk, and said to be all, before the first segment goes`() async throws {
        let fixture = try await settled(8)
        fixture.disk.forgetCalls()
        let pruned = try fixture.ledger.prune(before: future)
        let calls = fixture.disk.calls
        let first = try #require(calls.firstIndex(of: .unlink(pruned.segments[0])))
        #expect(calls[first - 3...first - 2] == [.rename("pruned.new", to: "pruned"), .synchronizeDirectory])
        let words = try #require(
            calls.lastIndex { if case .write(let name, _) = $0 { name.hasSuffix(".jsonl") } else { false } })
        #expect(words < first)
        #expect(calls.last == .synchronizeDirectory)
    }

    @Test func `after a failed sync of the directory the next attempt succeeds`() async throws {
        let fixture = try await settled(8)
        fixture.disk.setFault { [disk = fixture.disk] call in
            call == .synchronizeDirectory && disk.content(name(1)) == nil ? .error(5) : nil
        }
        #expect(throws: JournalFault.self) { try fixture.ledger.prune(before: future) }
        fixture.disk.setFault(nil)
        for id in 9...12 as ClosedRange<Int64> { try await settle(id, fixture) }
        #expect(try !fixture.ledger.prune(before: future).segments.isEmpty)
        let left = fixture.disk.state.afterLosingAll().names.keys.compactMap(SegmentName.firstSeq(of:)).sorted()
        #expect(try left == segments(fixture))
        #expect(try JournalReader(fixture.disk).forEachLine { _, _ in } == nil)
    }

    @Test func `a baseline that was complete stays complete`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 600, hasBaseline: true)
        for id in 1...5 as ClosedRange<Int64> { try await settle(id, fixture) }
        #expect(try !fixture.ledger.prune(before: future).segments.isEmpty)
        fixture.ledger.close()
        #expect(try fixture.disk.records().count { $0.hasSuffix("baseline") } == 1)
    }

    @Test func `a word that was spoken while an older one was repeated stays the last`() throws {
        var state = LedgerState(
            limits: LedgerFixture.options().limits, seed: 1, now: Instant(nanoseconds: 0))
        guard case .payment(let old) = try answer(1, "paid"), case .payment(let new) = try answer(1, "sent", second: 1)
        else { return }
        state.confirmed(old.summary, of: [], seq: 2, callBegan: .distantPast)
        state.confirmed(new.summary, of: [], seq: 10, callBegan: .distantPast)
        state.repeated(1, from: 2, as: 9)
        #expect(state.isLastAnswer(10, on: 1))
    }

    @Test func `before the baseline is complete nothing is dropped`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 600)
        for id in 1...5 as ClosedRange<Int64> { try await settle(id, fixture) }
        let held = try fixture.ledger.prune(before: future)
        #expect(held.segments == [])
        #expect(held.heldBy?.contains("baseline") == true)
    }

    @Test func `a damaged segment is not dropped`() async throws {
        let fixture = try await settled(8)
        let first = SegmentName.name(firstSeq: 1)
        var bytes = try #require(fixture.disk.content(first))
        bytes[bytes.count - 10] ^= 1
        fixture.disk.put(bytes, as: first)
        #expect(throws: JournalFault.self) { try fixture.ledger.prune(before: future) }
        #expect(fixture.disk.content(first) == bytes)
    }

    @Test func `a reader goes on behind a segment that is dropped while it reads`() async throws {
        let fixture = try await settled(8)
        let reader = try JournalReader(fixture.disk)
        let before = reader.segments
        var seqs: [Int64] = []
        let fault = try reader.forEachLine { _, entry in
            // The first has been read; the two behind it go before their turn.
            if seqs.isEmpty {
                for segment in before[1...2] { fixture.disk.remove(SegmentName.name(firstSeq: segment)) }
            }
            seqs.append(entry.seq)
        }
        #expect(fault == nil)
        #expect(seqs == Array(1..<before[1]) + Array(before[3]...fixture.ledger.durable))
    }
}
