import JournalFormat
import Ledger
import Payments
import PaymentSamples
import Testing

struct LedgerSnapshotTests {
    private func empty() -> LedgerState { LedgerHarness().state }

    /// Payments in every condition: known, waiting with one report and with several, refuted, abandoned.
    private func ledger() throws -> LedgerHarness {
        let ledger = LedgerHarness(window: .seconds(3600))
        ledger.offer(try report(id: 1, state: "paid", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(id: 1, state: "paid", updatedAt: time(1))))
        ledger.offer(try report(id: 2, state: "paid", amount: "1", updatedAt: time(1)))
        ledger.fetch(.payment(try payment(id: 2, state: "open", updatedAt: time(1))))
        ledger.offer(try report(id: 3, state: "paid", updatedAt: time(1)))
        while !ledger.story.contains(where: { $0.hasPrefix("abandoned") }) {
            ledger.fetch(.failed("503"))
            ledger.pass(.seconds(60))
        }
        for second in 1...3 { ledger.offer(try report(id: 4, state: "s\(second)", updatedAt: time(second))) }
        ledger.offer(try report(id: 5, state: "paid", updatedAt: time(1)))
        ledger.offer(try report(id: 1, state: "refunded", updatedAt: time(2)))
        // An endpoint that is there with something for it, one without, and one that has left something.
        ledger.state.configured(endpoints: ["https://shop.example/hook", "gone"], seq: 100)
        for (id, seq) in [(1, 101), (1, 103), (2, 102)] as [(PaymentID, Int64)] {
            ledger.state.announced(id, JournalPosition(seq: seq, offset: seq * 10), now: ledger.now)
        }
        ledger.state.configured(endpoints: ["https://shop.example/hook", "é"], seq: 104)
        ledger.state.deliveryEnded(
            2, of: 102, endpoint: "https://shop.example/hook", .delivered, now: ledger.now)
        return ledger
    }

    @Test func `a state comes back from its snapshot`() throws {
        let ledger = try ledger()
        var state = empty()
        let isRestored = state.restore(ledger.state.snapshot, asOf: 104)
        #expect(isRestored)
        #expect(state.counts == ledger.state.counts)
        #expect(state.snapshot.words.count == ledger.state.snapshot.words.count)
        #expect(state.endpointStatus == ledger.state.endpointStatus)
        #expect(state.endpointStatus.map(\.waiting) == [2, 3, 0])
        #expect(state.endpoints == ["https://shop.example/hook", "é"])
        #expect(state.strandedDeliveries.map(\.seq).sorted() == [101, 102, 103])
        #expect(state.admit(try report(id: 1, state: "paid", updatedAt: time(1)).summary.admitted) == .known)
        // Both go on alike.
        let restored = LedgerHarness(window: .seconds(3600))
        restored.state = state
        restored.seq = ledger.seq
        restored.journal = ledger.journal
        restored.state.resume(now: restored.now)
        restored.pass(.seconds(10))
        var reports: [PaymentID: [Int64]] = [:]
        while let claim = restored.claim() { reports[claim.id] = claim.reports.map(\.seq) }
        #expect(reports == [4: [8, 9, 10], 5: [11], 1: [12]])
        restored.offer(try report(id: 3, state: "open", updatedAt: time(2)))
        #expect(restored.claim()?.reports.map(\.seq) == [6, 13], "an abandoned report is taken up again")
    }

    @Test func `a snapshot that is cut short or changed is refused, and changes nothing`() throws {
        let words = try ledger().state.snapshot.words
        for length in 0..<words.count {
            var state = empty()
            let isRestored = state.restore(LedgerSnapshot(words: Array(words[..<length])), asOf: 104)
            #expect(!isRestored)
            #expect(state.counts == empty().counts)
        }
        // Of a later record than it is said to be of.
        for seq in 0..<Int64(104) {
            var state = empty()
            let isRestored = state.restore(LedgerSnapshot(words: words), asOf: seq)
            #expect(!isRestored)
        }
        var state = empty()
        let isRestored = state.restore(LedgerSnapshot(words: words + [0]), asOf: 104)
        #expect(!isRestored)
    }

    @Test func `a snapshot in which a report stands twice is refused`() throws {
        let ledger = LedgerHarness()
        ledger.offer(try report(id: 7, state: "paid", updatedAt: time(1)))
        var words = ledger.state.snapshot.words
        // Counts, no known payment, no long fields, and how many reports wait; none is abandoned, and there is no endpoint.
        #expect(words.count == 12 + 3 + 8 + 2 && words[14] == 1)
        words[14] = 2
        words.insert(contentsOf: words[15..<23], at: 15)
        let isRestored = LedgerHarness().state.restore(LedgerSnapshot(words: words), asOf: 100)
        #expect(!isRestored)
    }

    /// A right checksum says nothing about the numbers.
    @Test func `absurd numbers in a snapshot are refused, or do no harm`() throws {
        let words = try ledger().state.snapshot.words
        let numbers: [UInt64] = [
            0, 1, 1 << 31, 1 << 32, UInt64(SequenceNumber.highest), 1 << 62, UInt64(Int64.max), 1 << 63, .max,
        ]
        var accepted = 0
        for index in words.indices {
            for number in numbers where number != words[index] {
                var damaged = words
                damaged[index] = number
                let ledger = LedgerHarness(window: .seconds(3600))
                guard ledger.state.restore(LedgerSnapshot(words: damaged), asOf: 104) else { continue }
                accepted += 1
                ledger.seq = 104
                ledger.state.forgetReports { $0 == 3 }
                ledger.state.resume(now: ledger.now)
                ledger.pass(.seconds(10))
                for id in 1...6 as ClosedRange<PaymentID> {
                    ledger.offer(try report(id: id, state: "late", updatedAt: time(9)))
                }
                while let claim = ledger.claim() {
                    let answer = try payment(id: claim.id, state: "late", updatedAt: time(9))
                    ledger.settle(claim, .payment(answer))
                }
                for endpoint in ledger.state.endpoints {
                    while let claim = ledger.state.claimDelivery(for: endpoint, now: ledger.now) {
                        ledger.state.concludeDelivery(claim)
                        ledger.state.deliveryEnded(
                            claim.payment, of: claim.position.seq, endpoint: endpoint, .delivered, now: ledger.now)
                    }
                }
                _ = ledger.state.counts
                _ = ledger.state.pruningHold
                #expect(!ledger.state.snapshot.words.isEmpty)
            }
        }
        #expect(accepted > 100, "most numbers are nobody's business")
    }
}
