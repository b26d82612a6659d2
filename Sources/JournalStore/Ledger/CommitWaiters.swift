import POSIX
import Synchronization

/// Those who wait until their records are durable.
final class CommitWaiters: Sendable {
    private struct State {
        var tickets: [CommitTicket] = []
        var committed: Int64 = 0
        var failure: JournalUnavailable?
    }

    private let state = Mutex(State())

    /// A ticket for a record that has just been appended; 0 stands for no record, and waits for nothing.
    ///
    /// To be asked for before the record can have been rejected: numbers that were rejected are given again, and a ticket
    /// that comes too late would be for another record.
    func ticket(for seq: Int64) -> CommitTicket {
        let ticket = CommitTicket(seq: seq)
        state.withLock { state in
            if state.committed >= seq || state.failure != nil {
                ticket.resolve(.init(durable: state.committed, failure: state.committed >= seq ? nil : state.failure))
            } else {
                state.tickets.append(ticket)
            }
        }
        return ticket
    }

    func commit(upTo seq: Int64) {
        resolve(.init(durable: seq, failure: nil)) {
            $0.seq <= seq
        } changing: {
            $0.committed = seq
        }
    }

    /// All who still wait: those whose records were kept have been told before.
    func reject(after seq: Int64, _ error: SystemError) {
        resolve(.init(durable: seq, failure: .rejected(error))) { _ in
            true
        } changing: { _ in
        }
    }

    func fail(_ failure: JournalUnavailable) {
        let committed = state.withLock { $0.committed }
        resolve(.init(durable: committed, failure: failure)) { _ in
            true
        } changing: {
            $0.failure = failure
        }
    }

    private func resolve(
        _ result: CommitTicket.Result, where isMet: (CommitTicket) -> Bool, changing change: (inout State) -> Void
    ) {
        let met = state.withLock { state in
            change(&state)
            let met = state.tickets.filter(isMet)
            state.tickets.removeAll(where: isMet)
            return met
        }
        for ticket in met { ticket.resolve(result) }
    }
}
