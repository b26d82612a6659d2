import Testing

@testable import Ledger

struct DueQueueTests {
    @Test func `whatever goes in comes out by its time, and not before it`() {
        var random = SplitMix64(seed: 1)
        for count in 1...50 {
            var queue = DueQueue()
            let times = (0..<count).map { _ in Int64.random(in: 0..<40, using: &random) }
            for (slot, time) in times.enumerated() { queue.insert(slot, due: time) }
            var taken: [(due: Int64, slot: Int)] = []
            for now in 0..<40 as Range<Int64> {
                while let entry = queue.popFirst(dueBy: now) {
                    #expect(entry.due == now)
                    taken.append(entry)
                }
            }
            #expect(taken.map(\.due) == times.sorted())
            #expect(taken.map(\.slot).sorted() == Array(0..<count))
        }
    }
}
