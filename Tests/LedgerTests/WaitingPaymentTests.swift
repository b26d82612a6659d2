import Testing

@testable import Ledger
@testable import Payments

struct WaitingPaymentTests {
    @Test func `payments that wait longest are listed first, and no more than asked for`() throws {
        var state = LedgerState(
            limits: .init(maxPending: 100, confirmRate: 10, confirmWindow: .seconds(3600)), seed: 1,
            now: Instant(nanoseconds: 0))
        #expect(state.longestWaiting(3).isEmpty)
        #expect(state.newestReportSeq == 0)
        // Ids in another order than reports, and a second report of the first payment.
        for (index, id) in [9, 3, 7, 5, 9, 1].enumerated() {
            let report = try ReportedPayment(body: Array(#"{"id":\#(id),"state":"s\#(index)"}"#.utf8).span)
            state.received(
                report.summary.admitted, seq: Int64(index + 1), offset: Int64(index * 100), now: Instant(nanoseconds: 0)
            )
        }
        let waiting = state.longestWaiting(3)
        #expect(waiting.map(\.id) == [9, 3, 7])
        #expect(waiting.map(\.seq) == [1, 2, 3])
        #expect(waiting.map(\.reports) == [2, 1, 1])
        #expect(waiting[1].offset == 100)
        #expect(state.longestWaiting(100).map(\.id) == [9, 3, 7, 5, 1])
        #expect(state.newestReportSeq == 6)
        state.refuted(9, of: 1)
        #expect(state.longestWaiting(100).map(\.seq) == [2, 3, 4, 5, 6])
    }
}
