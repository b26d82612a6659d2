import Testing

@testable import Receiver

struct AcknowledgementQueueTests {
    @Test func `a request whose report is durable already is not queued`() {
        var queue = AcknowledgementQueue<Int>(committed: 5)
        let waits = [queue.append(1, at: 5), queue.append(2, at: 6)]
        #expect(waits == [false, true])
    }

    @Test func `everyone is answered once, in order, when his record is durable`() {
        var random = SystemRandomNumberGenerator()
        var queue = AcknowledgementQueue<(position: Int64, index: Int)>(committed: 0)
        var answered: [Int] = []
        var position: Int64 = 0
        var next = 0
        var committed: Int64 = 0
        for _ in 0..<5000 {
            position += Int64.random(in: 0...2, using: &random)
            // Now and then one that an earlier report covers.
            let at = max(1, position - Int64.random(in: 0...1, using: &random))
            if queue.append((at, next), at: at) { next += 1 }
            if Int.random(in: 0..<4, using: &random) == 0 {
                committed = position
                queue.commit(upTo: committed) { waiter in
                    #expect(waiter.position <= committed)
                    answered.append(waiter.index)
                }
            }
        }
        queue.commit(upTo: position) { answered.append($0.index) }
        #expect(answered == Array(0..<next))
    }

    @Test func `a rejection takes all who wait`() {
        var queue = AcknowledgementQueue<Int>(committed: 0)
        _ = queue.append(1, at: 1)
        _ = queue.append(2, at: 2)
        var done: [Int] = []
        queue.commit(upTo: 1) { done.append($0) }
        queue.reject { done.append(-$0) }
        queue.commit(upTo: 9) { done.append($0) }
        #expect(done == [1, -2])
    }

    @Test func `reports that were not taken are refused, and the others acknowledged`() {
        var queue = AcknowledgementQueue<Int>(committed: 0)
        for position in 1...4 as ClosedRange<Int64> { _ = queue.append(Int(position), at: position) }
        var done: [Int] = []
        queue.commit(upTo: 1) { done.append($0) }
        queue.refuse([2, 4]) { done.append(-$0) }
        queue.commit(upTo: 4) { done.append($0) }
        #expect(done == [1, -2, -4, 3])
    }
}
