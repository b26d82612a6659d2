import JournalFormat
import Ledger
import Payments
import Testing

@testable import SharedLedger

struct AcceptQueueTests {
    private var queue = AcceptQueue(node: 5)

    private mutating func append(_ payment: PaymentID, padding: Int = 0, time: Int64) -> Int64 {
        queue.append(
            ReceivedMembers(payment: payment, json: Array(repeating: 32, count: padding)), time: time)
    }

    private mutating func append(_ count: Int, padding: Int = 0) {
        for number in 0..<count { _ = append(PaymentID(number + 1), padding: padding, time: Int64(number)) }
    }

    @Test mutating func `numbers and positions grow by one with each report`() {
        append(3)
        #expect(queue.lastPosition == 3)
        #expect(queue.begin().map(\.number) == [1, 2, 3])
    }

    @Test mutating func `a report beyond the share of the node is one too many`() {
        queue.share = .init(reports: 3, bytes: .max)
        append(2)
        #expect(!queue.isFull)
        append(1)
        #expect(queue.isFull)
        _ = queue.begin()
        #expect(queue.isFull, "what is under way counts")
        _ = queue.end(refused: [])
        #expect(queue.isFull, "and so does what is in the inbox")
        queue.drained(before: nil)
        #expect(!queue.isFull)
    }

    @Test mutating func `bytes beyond the share of the node are too many`() {
        queue.share = .init(reports: .max, bytes: 1000)
        append(1, padding: 500)
        #expect(!queue.isFull && queue.isHalfFull)
        append(1, padding: 500)
        #expect(queue.isFull)
        _ = queue.begin()
        _ = queue.end(refused: [])
        #expect(queue.isFull)
        queue.drained(before: 2)
        #expect(queue.isFull, "a batch is gone only with its last report")
        queue.drained(before: 3)
        #expect(!queue.isFull)
    }

    @Test mutating func `a batch has no more bytes than one statement may have, but for its last report`() {
        append(3, padding: AcceptQueue.batchBytes / 2)
        #expect(queue.begin().count == 2)
        _ = queue.end(refused: [])
        #expect(queue.begin().count == 1)
    }

    @Test mutating func `a batch has no more reports than one statement may have`() {
        append(AcceptQueue.batch + 1)
        #expect(queue.begin().count == AcceptQueue.batch)
        _ = queue.end(refused: [])
        #expect(queue.begin().count == 1)
    }

    @Test mutating func `what was left out of the inbox is refused, and the rest is told`() {
        append(3)
        _ = queue.begin()
        let end = queue.end(refused: [2])
        #expect(end?.refused == [2])
        #expect(end?.committed == 3)
    }

    @Test mutating func `what may be in the inbox already goes there again under numbers that nobody had`() {
        append(2)
        #expect(queue.begin().map(\.number) == [1, 2])
        queue.putBack()
        let again = queue.begin()
        #expect(again.map(\.number) == [3, 4])
        #expect(again.map(\.members.payment) == [1, 2])
        #expect(queue.end(refused: [])?.committed == 2, "the positions stay")
    }

    @Test mutating func `what was given up while it was under way is told to nobody`() {
        append(2)
        _ = queue.begin()
        append(1)
        queue.rejectAll()
        #expect(queue.end(refused: []) == nil)
        #expect(queue.isIdle)
        let position = append(9, time: 0)
        #expect(position == 4, "and no position is given again")
    }

    @Test mutating func `what was given up while it was under way is not inserted again`() {
        append(2)
        _ = queue.begin()
        queue.rejectAll()
        append(1)
        queue.putBack()
        #expect(queue.begin().map(\.number) == [3])
        #expect(queue.end(refused: [])?.committed == 3, "what came later is told")
    }

    @Test mutating func `the oldest that is not answered is what is under way, unless nobody waits for it`() {
        append(2)
        _ = queue.begin()
        _ = append(9, time: 7)
        #expect(queue.oldest == 0)
        queue.rejectAll()
        #expect(queue.oldest == nil)
        _ = append(9, time: 8)
        #expect(queue.oldest == 8)
    }

    @Test mutating func `the bytes of what was given up count no more`() {
        queue.share = .init(reports: .max, bytes: 1000)
        append(1, padding: 1000)
        _ = queue.begin()
        queue.rejectAll()
        queue.putBack()
        #expect(!queue.isFull)
    }
}

extension AcceptQueueTests {
    @Test mutating func `a batch of which nothing was taken leaves nothing in the inbox`() {
        queue.share = .init(reports: 2, bytes: .max)
        append(2)
        _ = queue.begin()
        _ = queue.end(refused: [1, 2])
        #expect(!queue.isFull)
    }

    @Test mutating func `a batch is ended only by whoever it was given to`() {
        append(2)
        #expect(queue.begin(for: .term).count == 2)
        append(1)
        #expect(queue.begin(for: .inbox).isEmpty, "one batch at a time")
        #expect(queue.end(.inbox, refused: []) == nil, "of an insertion of nothing, which ends later")
        queue.putBack(.inbox)
        #expect(queue.end(.term, refused: [])?.committed == 2)
        #expect(queue.begin(for: .inbox).map(\.number) == [3])
        #expect(queue.begin(for: .term).isEmpty)
        queue.putBack(.term)
        #expect(queue.end(.term, refused: []) == nil)
        #expect(queue.end(.inbox, refused: [])?.committed == 3)
    }

    @Test mutating func `what a term gives back goes into the inbox`() {
        append(2)
        _ = queue.begin(for: .term)
        queue.putBack(.term)
        #expect(queue.begin(for: .inbox).map(\.members.payment) == [1, 2])
        #expect(queue.end(.inbox, refused: [])?.committed == 2)
    }

    @Test mutating func `what was recorded fills no share of the inbox`() {
        queue.share = .init(reports: 2, bytes: .max)
        append(2)
        _ = queue.begin(for: .term)
        _ = queue.end(.term, refused: [])
        #expect(!queue.isFull)
    }
}
