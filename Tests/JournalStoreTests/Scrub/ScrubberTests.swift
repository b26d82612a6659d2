import JournalFormat
import JournalStoreSimulation
import Ledger
import Testing

@testable import JournalStore

/// A journal's closed segments are read in rounds, on a disk that changes meanwhile, in virtual time.
struct ScrubberTests {
    /// A scrubber with the clock that it is asked by.
    private struct Reading {
        static let round: Int64 = 3_600_000_000_000
        var scrubber: Scrubber
        var now: Int64 = 1_000_000_000_000_000_000

        init(_ disk: SimulatedDisk) { scrubber = Scrubber(disk) }

        /// What the next piece came to.
        mutating func step() -> [String] {
            now += scrubber.pause(Self.round, now: now)
            return scrubber.read(now: now).map { finding in
                switch finding {
                case .damage(let damage): "damage: \(damage)"
                case .whole(let file): file
                }
            }
        }

        /// All that is found until a round ends.
        mutating func finishRound() -> [String] {
            let before = scrubber.schedule.position?.completedAt
            var found: [String] = []
            repeat { found += step() } while scrubber.schedule.position?.completedAt == before
            return found
        }
    }

    /// A ledger with some closed segments.
    private func fixture() async throws -> LedgerFixture {
        let fixture = try LedgerFixture(segmentBytes: 600, hasBaseline: true)
        for id in 1...8 as ClosedRange<Int64> {
            fixture.record(try report(id, "paid"))
            let claim = try #require(fixture.claim())
            _ = try await fixture.ledger.settle(claim, try answer(id, "paid"), cause: .webhook)
        }
        return fixture
    }

    private func closed(_ fixture: LedgerFixture) throws -> [String] {
        try fixture.disk.segments().dropLast().map { name($0) }
    }

    /// Changes a byte in the second line of a segment; returns what was there.
    private func damage(_ name: String, on disk: SimulatedDisk) throws -> [UInt8] {
        let whole = try #require(disk.content(name))
        var bytes = whole
        let newline = try #require(bytes.firstIndex(of: 0x0A))
        bytes[newline + 40] ^= 1
        disk.put(bytes, as: name)
        return whole
    }

    @Test func `each closed segment is read once in a round, which takes its time, and nothing else is`() async throws {
        let fixture = try await fixture()
        let closed = try closed(fixture)
        #expect(closed.count > 4)
        var reading = Reading(fixture.disk)
        for _ in 0..<2 {
            let began = reading.now
            #expect(reading.finishRound() == closed)
            #expect(reading.now == began + Reading.round)
        }
        let bytes = closed.reduce(0) { $0 + (fixture.disk.content($1)?.count ?? 0) }
        #expect(reading.scrubber.readBytes == Int64(2 * bytes))
    }

    @Test func `a journal without a closed segment begins no round`() throws {
        let fixture = try LedgerFixture()
        var reading = Reading(fixture.disk)
        for _ in 0..<5 { #expect(reading.step() == []) }
        #expect(reading.scrubber.schedule.position == nil && fixture.disk.content(ScrubPosition.name) == nil)
    }

    @Test func `what is closed while a round runs is for the next one, so that each round ends`() async throws {
        let fixture = try await fixture()
        let before = try closed(fixture)
        var reading = Reading(fixture.disk)
        #expect(reading.step() == [before[0]])
        var found = [before[0]]
        var id: Int64 = 100
        repeat {
            // As many segments as are read are closed meanwhile.
            let count = try closed(fixture).count
            while try closed(fixture).count == count {
                fixture.record(try report(id, "paid"))
                id += 1
            }
            found += reading.step()
        } while reading.scrubber.schedule.position?.completedAt == nil && found.count < 3 * before.count
        #expect(found == before)
        let next = try closed(fixture)
        #expect(reading.finishRound() == next && next.count > before.count)
    }

    @Test func `the position survives a restart, and a damaged one begins a new round`() async throws {
        let fixture = try await fixture()
        let closed = try closed(fixture)
        var reading = Reading(fixture.disk)
        let first = reading.finishRound() + reading.step() + reading.step()
        #expect(first == closed + Array(closed.prefix(2)))
        let position = reading.scrubber.schedule.position
        var next = Reading(fixture.disk)
        next.now = reading.now
        #expect(next.scrubber.schedule.position == position && position?.completedAt != nil)
        #expect(next.finishRound() == Array(closed.dropFirst(2)))
        #expect(next.now == (position?.beganAt ?? 0) + Reading.round)
        // An older version's copy, a bit that flipped, nothing at all.
        for bytes in [[], Array("0".utf8), (position?.encode() ?? []).dropLast(3) + [0x30, 0x30, 0x0A]] {
            fixture.disk.put(bytes, as: ScrubPosition.name)
            var anew = Reading(fixture.disk)
            #expect(anew.finishRound() == closed)
        }
    }

    @Test
    func `damage is told with place and record once it is there at a second look, and segments behind it are read`()
        async throws
    {
        let fixture = try await fixture()
        var closed = try closed(fixture)
        let whole = try damage(closed[1], on: fixture.disk)
        var reading = Reading(fixture.disk)
        let found = reading.finishRound()
        let newline = try #require(whole.firstIndex(of: 0x0A))
        let seq = try #require(SegmentName.firstSeq(of: closed[1])) + 1
        #expect(found[1].hasPrefix("damage: \(closed[1]) at byte \(newline + 1): its checksum says"), "\(found)")
        #expect(found[1].hasSuffix("record \(seq) cannot be read"))
        let damaged = closed.remove(at: 1)
        #expect(found.filter { !$0.hasPrefix("damage") } == closed)
        // The operator restores it.
        fixture.disk.put(whole, as: damaged)
        #expect(reading.finishRound().contains(damaged))
    }

    @Test func `what changes while it is read is judged as it is at the second look`() async throws {
        let fixture = try await fixture()
        let closed = try closed(fixture)
        let whole = try damage(closed[0], on: fixture.disk)
        var reading = Reading(fixture.disk)
        #expect(reading.step() == [])
        fixture.disk.put(whole, as: closed[0])
        #expect(reading.step() == [closed[0]])
    }

    @Test func `segments that are pruned or dropped under it are nothing, and one that is removed is told`()
        async throws
    {
        let fixture = try await fixture()
        let all = try closed(fixture)
        var reading = Reading(fixture.disk)
        #expect(reading.step() == [all[0]])
        _ = try fixture.ledger.prune(before: .max)
        #expect(reading.finishRound().allSatisfy { !all.contains($0) })

        let other = try await self.fixture()
        let names = try closed(other)
        reading = Reading(other.disk)
        #expect(reading.step() == [names[0]])
        let dropped =
            try #require(SegmentName.firstSeq(of: names[2]))...(try #require(SegmentName.firstSeq(of: names[3])) - 1)
        try other.ledger.journal.dropSegments([dropped])
        other.disk.remove(names[4])
        let found = reading.finishRound()
        #expect(found.filter { $0.hasPrefix("damage") }.count == 1, "\(found)")
        #expect(found.contains { $0.hasPrefix("damage: \(names[4]): the segment is gone") }, "\(found)")
    }

    @Test func `a segment that is pruned between the two looks, or whose read is refused once, is no damage`()
        async throws
    {
        let fixture = try await fixture()
        let all = try closed(fixture)
        _ = try damage(all[0], on: fixture.disk)
        var reading = Reading(fixture.disk)
        #expect(reading.step() == [])
        try fixture.ledger.journal.dropSegments(before: try #require(SegmentName.firstSeq(of: all[1])))
        let once = Once()
        fixture.disk.setFault { $0 == .read(all[1]) && once.take() ? .error(5) : nil }
        #expect(reading.finishRound() == Array(all.dropFirst()))
        fixture.disk.setFault { $0 == .read(all[1]) ? .error(5) : nil }
        let refused = reading.finishRound()
        #expect(refused.first?.contains("\(all[1]) at byte 0: its bytes cannot be had") == true, "\(refused)")
    }

    @Test func `a manifest that is gone leaves the chain to compare with`() async throws {
        let fixture = try await fixture()
        let all = try closed(fixture)
        fixture.disk.remove(SegmentManifest.name)
        // Another record in the place of one, with its checksum right.
        var lines = try #require(fixture.disk.content(all[1])).split(separator: 0x0A).map { Array($0) + [0x0A] }
        lines[1] = line(try #require(SegmentName.firstSeq(of: all[1])) + 1, .baseline(count: 7))
        fixture.disk.put(lines.flatMap { $0 }, as: all[1])
        var reading = Reading(fixture.disk)
        let found = reading.finishRound()
        #expect(found.filter { $0.hasPrefix("damage") }.count == 1)
        #expect(found.contains { $0.hasPrefix("damage: \(all[2]) at byte 0: it names the checksum") }, "\(found)")
    }
}
