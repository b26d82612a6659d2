import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments
import Testing

@testable import JournalStore

/// When the disk runs low, segments go that hold nothing but reports that were refuted or told nothing, and nothing else does.
struct RefutedDropTests {
    private func fixture(confirmWindow: Duration = .seconds(72 * 3600)) throws -> LedgerFixture {
        try LedgerFixture(segmentBytes: 600, confirmWindow: confirmWindow, hasBaseline: true)
    }

    /// A genuine report, confirmed.
    private func settle(_ id: Int64, _ fixture: LedgerFixture, state: String = "paid") async throws {
        fixture.record(try report(id, state))
        try await answerNext(fixture, state: state)
    }

    /// A forged report; its number.
    @discardableResult
    private func forge(_ id: Int64, _ fixture: LedgerFixture) throws -> Int64 {
        try #require(fixture.record(try report(id, "paid", amount: "9999.0")))
    }

    private func answerNext(_ fixture: LedgerFixture, state: String = "paid") async throws {
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, try answer(claim.id, state), cause: .webhook)
    }

    /// Forged reports of a payment that is known, each refuted at once.
    private func flood(_ count: Int, _ fixture: LedgerFixture) async throws {
        for _ in 0..<count {
            try forge(1, fixture)
            try await answerNext(fixture)
        }
    }

    private func segments(_ fixture: LedgerFixture) throws -> [Int64] { try JournalReader(fixture.disk).segments }

    private func numbers(_ fixture: LedgerFixture, _ kind: String) throws -> [String] {
        try fixture.disk.records().filter { $0.hasSuffix(kind) }
    }

    /// A journal that begins and ends with genuine reports, with a flood between them; closed.
    private func flooded() async throws -> LedgerFixture {
        let fixture = try fixture()
        for id in 1...3 as ClosedRange<Int64> { try await settle(id, fixture) }
        try await flood(12, fixture)
        for id in 4...6 as ClosedRange<Int64> { try await settle(id, fixture) }
        return fixture
    }

    @Test func `a flood's segments go from the middle, and all that was confirmed stays`() async throws {
        let fixture = try await flooded()
        let (before, confirmed) = (try segments(fixture), try numbers(fixture, "confirmed"))
        let report = try fixture.ledger.dropRefuted()
        #expect(report.segments.count >= 3 && report.bytes > 1500)
        let left = try segments(fixture)
        #expect(left.first == before.first && left.last == before.last)
        #expect(Set(before).subtracting(left) == Set(report.segments.compactMap(SegmentName.firstSeq(of:))))
        #expect(try numbers(fixture, "confirmed") == confirmed && confirmed.count == 6)
        #expect(try numbers(fixture, "refuted").count < 12)
    }

    @Test(arguments: [true, false])
    func `the next start knows what it knew, with a checkpoint or without`(hasCheckpoint: Bool) async throws {
        let fixture = try await flooded()
        let waiting = try #require(fixture.record(try report(99, "paid")))
        fixture.settle()
        _ = try fixture.ledger.dropRefuted()
        fixture.ledger.close()
        if !hasCheckpoint { fixture.disk.remove(Checkpoint.name) }
        let next = try fixture.reopened()
        #expect(next.ledger.counts.known == 6 && next.ledger.counts.pending == 1)
        #expect(next.claim()?.reports.map(\.seq) == [waiting])
        for id in 1...6 as ClosedRange<Int64> {
            #expect(next.ledger.record(try report(id, "paid"), peer: "unix") == .known)
        }
        // A forged report is no less refuted for having been forgotten.
        #expect(try forge(1, next) > waiting)
    }

    @Test func `what is refuted of a report that stays is written anew, or that report would wait again`() async throws
    {
        let fixture = try fixture()
        try await settle(1, fixture)
        // Beside genuine records, and refuted in a later segment.
        let forged = try forge(1, fixture)
        fixture.settle()
        while try segments(fixture).count < 3 { try await settle(Int64.random(in: 10...1_000_000), fixture) }
        try await answerAll(fixture)
        try await flood(10, fixture)
        let report = try fixture.ledger.dropRefuted()
        #expect(!report.segments.isEmpty)
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        let next = try fixture.reopened()
        #expect(next.ledger.counts.pending == 0, "report \(forged) was refuted")
    }

    /// Reports of a payment that is known, which tell of a state that it has left, each settled at once.
    private func floodSettled(_ count: Int, _ fixture: LedgerFixture) async throws {
        for number in 0..<count {
            try #require(fixture.record(try report(1, "old \(number)")) != nil)
            try await answerNext(fixture)
        }
    }

    @Test func `a flood of reports that are settled without news goes too, and what is known stays`() async throws {
        let fixture = try fixture()
        for id in 1...3 as ClosedRange<Int64> { try await settle(id, fixture) }
        try await floodSettled(12, fixture)
        let dropped = try fixture.ledger.dropRefuted()
        #expect(dropped.segments.count >= 3)
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        let next = try fixture.reopened()
        #expect(next.ledger.counts.known == 3 && next.ledger.counts.pending == 0)
        for id in 1...3 as ClosedRange<Int64> {
            #expect(next.ledger.record(try report(id, "paid"), peer: "unix") == .known)
        }
    }

    @Test func `what has settled a report that stays is said anew, with what is known now`() async throws {
        let fixture = try fixture()
        try await settle(1, fixture)
        // Beside genuine records, and settled in a later segment.
        let old = try #require(fixture.record(try report(1, "old")))
        fixture.settle()
        for id in 10...13 as ClosedRange<Int64> {
            fixture.record(try report(id, "paid"))
            try await answerAllBut(1, fixture)
        }
        try await floodSettled(10, fixture)
        // What came true since must not be undone by that.
        fixture.record(try report(1, "shipped", second: 1))
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, try answer(1, "shipped", second: 1), cause: .webhook)
        #expect(try !fixture.ledger.dropRefuted().segments.isEmpty)
        fixture.ledger.close()
        fixture.disk.remove(Checkpoint.name)
        let next = try fixture.reopened()
        #expect(next.ledger.counts.pending == 0, "report \(old) was settled")
        #expect(next.ledger.record(try report(1, "shipped", second: 1), peer: "unix") == .known)
    }

    @Test func `what a drop wrote anew may be dropped in its turn`() async throws {
        let fixture = try fixture()
        for id in 1...3 as ClosedRange<Int64> { try await settle(id, fixture) }
        var left: [Int] = []
        for _ in 0..<6 {
            try await floodSettled(12, fixture)
            try await flood(12, fixture)
            _ = try fixture.ledger.dropRefuted()
            left.append(try segments(fixture).count)
        }
        // Where segments end varies from one time to the next.
        #expect((left.suffix(2).max() ?? .max) <= left.prefix(2).max() ?? 0, "\(left)")
        fixture.ledger.close()
        let next = try fixture.reopened()
        #expect(next.ledger.counts.known == 3 && next.ledger.counts.pending == 0)
    }

    /// Answers all that waits, but of one payment.
    private func answerAllBut(_ id: Int64, _ fixture: LedgerFixture) async throws {
        while fixture.ledger.counts.pending > 1 {
            let claim = try #require(fixture.claim())
            let answer = claim.id == id ? Answer.failed("later") : try answer(claim.id, "paid")
            _ = try await fixture.ledger.settle(claim, answer, cause: .webhook)
        }
    }

    /// Answers all that waits.
    private func answerAll(_ fixture: LedgerFixture) async throws {
        while fixture.ledger.counts.pending > 0 { try await answerNext(fixture) }
    }

    @Test func `a segment with a report that waits stays`() async throws {
        let fixture = try fixture()
        try await settle(1, fixture)
        try await flood(3, fixture)
        let waiting = try #require(fixture.record(try report(99, "paid")))
        fixture.settle()
        let held = try #require(try segments(fixture).last { $0 <= waiting })
        for _ in 0..<8 {
            let forged = try forge(1, fixture)
            while true {
                let claim = try #require(fixture.claim())
                let answer = claim.id == 99 ? Answer.failed("later") : try answer(claim.id, "paid")
                _ = try await fixture.ledger.settle(claim, answer, cause: .webhook)
                if claim.reports.map(\.seq) == [forged] { break }
            }
        }
        #expect(try !fixture.ledger.dropRefuted().segments.isEmpty)
        #expect(try segments(fixture).contains(held))
        #expect(try numbers(fixture, "received").contains("\(waiting) received"))
    }

    @Test func `a report that takes up abandoned ones stays, though it was refuted`() async throws {
        let fixture = try fixture(confirmWindow: .nanoseconds(1))
        try await settle(1, fixture)
        fixture.record(try report(1, "sent", second: 1))
        let claim = try #require(fixture.claim())
        _ = try await fixture.ledger.settle(claim, .failed("down"), cause: .webhook)
        #expect(fixture.ledger.counts.abandoned == 1)
        while try segments(fixture).count < 4 { try await settle(Int64.random(in: 10...1_000_000), fixture) }
        // The abandoned report stays unknown, since the API does not show its state.
        fixture.ledger.update(LedgerFixture.options())
        let forged = try forge(1, fixture)
        try await answerNext(fixture)
        try await flood(6, fixture)
        _ = try fixture.ledger.dropRefuted()
        #expect(try numbers(fixture, "received").contains("\(forged) received"))
    }

    @Test func `before the baseline is complete nothing goes`() async throws {
        let fixture = try LedgerFixture(segmentBytes: 600)
        try await settle(1, fixture)
        try await flood(12, fixture)
        let report = try fixture.ledger.dropRefuted()
        #expect(report.segments == [] && report.heldBy?.contains("baseline") == true)
    }

    @Test func `a segment that is damaged stays, and is named`() async throws {
        let fixture = try await flooded()
        let before = try segments(fixture)
        let middle = name(before[before.count / 2])
        var bytes = try #require(fixture.disk.content(middle))
        bytes[bytes.count - 10] ^= 1
        fixture.disk.put(bytes, as: middle)
        #expect {
            try fixture.ledger.dropRefuted()
        } throws: {
            "\($0)".contains(middle)
        }
        #expect(try segments(fixture) == before)
    }

    @Test func `the gap is declared on the disk before the first segment goes`() async throws {
        let fixture = try await flooded()
        fixture.disk.forgetCalls()
        let report = try fixture.ledger.dropRefuted()
        let calls = fixture.disk.calls
        let first = try #require(calls.firstIndex(of: .unlink(report.segments[0])))
        let declared: [SimulatedDisk.Call] = [.rename("dropped.new", to: "dropped"), .synchronizeDirectory]
        #expect(calls[..<first].filter { declared.contains($0) }.suffix(2) == declared[...])
        #expect(calls.last == .synchronizeDirectory)
    }

    @Test func `a report that a checkpoint has waiting waits no longer, when it was dropped since`() async throws {
        let fixture = try fixture()
        for id in 1...3 as ClosedRange<Int64> { try await settle(id, fixture) }
        try await flood(3, fixture)
        let forged = try forge(2, fixture)
        fixture.settle()
        let first = try segments(fixture).count
        for second in 1...15 where try segments(fixture).count == first {
            fixture.record(try report(2, "paid", amount: "9999.0", second: second))
            fixture.settle()
        }
        // Genuine records stand between the report and its refutation, and the checkpoint among them.
        let place = try segments(fixture).count
        for id in 10... as PartialRangeFrom<Int64> {
            if try segments(fixture).count >= place + 3 { break }
            fixture.record(try report(id, "paid"))
            try await answerAllBut(2, fixture)
        }
        #expect(await fixture.ledger.checkpoint())
        let behind = try segments(fixture).count + 2
        while try segments(fixture).count < behind {
            try forge(1, fixture)
            try await answerAllBut(2, fixture)
        }
        try await answerAll(fixture)
        try await flood(12, fixture)
        fixture.disk.setFault { call in
            if case .rename("checkpoint.new", _) = call { return .error(5) }
            return nil
        }
        let report = try fixture.ledger.dropRefuted()
        fixture.disk.setFault(nil)
        #expect(try !numbers(fixture, "received").contains("\(forged) received"))
        #expect(!report.segments.isEmpty && Checkpoint.read(fixture.disk)?.isUsable == true)
        fixture.ledger.close()
        #expect(try fixture.reopened().ledger.counts.pending == 0)
    }

    @Test func `it goes on, drops again and prunes, and each record is read once`() async throws {
        let fixture = try await flooded()
        _ = try fixture.ledger.dropRefuted()
        try await flood(12, fixture)
        for id in 7...9 as ClosedRange<Int64> { try await settle(id, fixture) }
        #expect(try fixture.ledger.dropRefuted().segments.count >= 3)
        #expect(
            try fixture.ledger.dropRefuted().heldBy
                == "no segment that is full holds nothing but reports that were refuted or told nothing")
        #expect(try JournalAudit.run(fixture.disk).problemCount == 0)
        let left = try fixture.disk.records().count
        let segments = try segments(fixture)
        let pruned = try fixture.ledger.prune(before: .max)
        #expect(pruned.segments == segments.dropLast().map { name($0) })
        #expect(pruned.records < left)
        fixture.ledger.close()
        #expect(try JournalAudit.run(fixture.disk).problemCount == 0)
        #expect(try fixture.reopened().ledger.counts.known == 9)
    }

    @Test func `on a low disk it is looked every ten seconds, and at each new segment`() {
        var schedule = DropSchedule()
        let asked = [(1, 0), (1, 1), (1, 9), (2, 9), (2, 10), (2, 18), (2, 19), (2, 20)] as [(Int64, Int64)]
        let due = asked.filter { schedule.isDue(newest: $0.0, time: $0.1 * 1_000_000_000) }
        #expect(due.map(\.1) == [0, 9, 19])
    }
}
