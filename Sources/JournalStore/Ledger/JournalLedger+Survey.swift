import JournalFormat
package import Ledger
import POSIX
import Synchronization

extension JournalLedger {
    /// Looks how the ledger stands, with at most `limit` payments that wait. What it needs of the disk it reads on a queue of
    /// its own.
    package func overview(waiting limit: Int) async -> LedgerOverview { await overviewQueue.value { self.look(limit) } }

    private func look(_ limit: Int) -> LedgerOverview {
        let (counts, setAside, waiting, endpoints, undelivered) = state.withLock { state in
            var counts = state.counts
            counts.callRate = state.callRate(now: now())
            return (counts, state.abandonedCount, state.longestWaiting(limit), state.endpointStatus, state.undelivered)
        }
        let (segments, bytes) = journal.extent
        return lastTimes.withLock { times in
            if !times.isKnown { lookUp(&times) }
            let before = times.arrivals
            times.arrivals = [:]
            for payment in waiting {
                let position = JournalPosition(seq: payment.seq, offset: payment.offset)
                times.arrivals[payment.seq] =
                    before[payment.seq] ?? (try? entries(at: [position], of: "received")[0].get())?.time
            }
            let oldest = undelivered?.oldest ?? 0
            if times.undelivered.seq != oldest { times.undelivered = (oldest, journal.time(of: oldest)) }
            return LedgerOverview(
                counts: counts, setAside: setAside,
                waiting: waiting.map { .init(payment: $0, since: times.arrivals[$0.seq]) }, endpoints: endpoints,
                undelivered: undelivered, undeliveredSince: times.undelivered.time, segments: segments, bytes: bytes,
                lastReceivedAt: times.received, lastConfirmedAt: times.confirmed, lastBackup: journal.lastBackup)
        }
    }

    private func lookUp(_ times: inout LastTimes) {
        let (received, confirmed) = state.withLock { ($0.newestReportSeq, $0.newestConfirmationSeq) }
        times.isKnown = true
        times.received = journal.time(of: received)
        times.confirmed = journal.time(of: confirmed)
    }
}
