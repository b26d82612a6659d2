import Ledger
import Testing

struct FrontierTests {
    private func position(_ seq: Int64) -> JournalPosition { JournalPosition(seq: seq, offset: seq * 10) }

    @Test func `a state is of no one moment while records are on their way to it`() {
        var frontier = Frontier(behind: position(1))
        frontier.append(position(2))
        #expect(frontier.settled == position(2))
        frontier.begin(upTo: position(3))
        frontier.begin(upTo: nil)
        #expect(frontier.settled == nil)
        frontier.end()
        #expect(frontier.settled == nil)
        frontier.end()
        #expect(frontier.settled == position(3))
    }
}
