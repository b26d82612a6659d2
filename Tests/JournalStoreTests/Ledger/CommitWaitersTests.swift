import POSIX
import Testing

@testable import JournalStore

struct CommitWaitersTests {
    private let waiters = CommitWaiters()
    private let error = SystemError(call: "pwrite", errno: 28)

    @Test func `a ticket succeeds when its record is durable`() async {
        let (early, later) = (waiters.ticket(for: 3), waiters.ticket(for: 4))
        waiters.commit(upTo: 3)
        #expect(await early.result.failure == nil)
        async let result = later.result
        waiters.commit(upTo: 9)
        #expect(await result.durable == 9)
        #expect(await waiters.ticket(for: 9).result.failure == nil)
    }

    @Test func `a ticket for no record succeeds at once`() async {
        #expect(await waiters.ticket(for: 0).result.failure == nil)
    }

    @Test func `a rejected ticket stays rejected when its number is given again`() async {
        let ticket = waiters.ticket(for: 5)
        waiters.reject(after: 4, error)
        waiters.commit(upTo: 5)
        #expect(await ticket.result.failure == .rejected(error))
        #expect(await ticket.result.durable == 4)
    }

    @Test func `after a failure every ticket has failed, but for what was durable before`() async {
        waiters.commit(upTo: 2)
        let ticket = waiters.ticket(for: 3)
        waiters.fail(.failed(error))
        #expect(await ticket.result.failure == .failed(error))
        #expect(await ticket.result.durable == 2)
        #expect(await waiters.ticket(for: 4).result.failure == .failed(error))
        #expect(await waiters.ticket(for: 2).result.failure == nil)
    }
}
