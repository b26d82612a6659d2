import JournalFormat
import POSIX
public import Payments
import Synchronization

extension FileLedger {
    /// Times that stand in records of an earlier run: looked up once.
    struct LastTimes {
        var isKnown = false
        var received: Int64?
        var confirmed: Int64?
        /// When those reports came that were waiting at the last survey.
        var arrivals: [Int64: Int64] = [:]
        /// The oldest record that was undelivered then, and when it was written.
        var undelivered: (seq: Int64, time: Int64?) = (0, nil)
    }

    /// Looks how the ledger stands, with at most `limit` payments that wait. What it needs of the disk it reads on a queue of
    /// its own.
    public func survey(waiting limit: Int) async -> LedgerSurvey {
        await withCheckedContinuation { continuation in
            surveyQueue.enqueue { continuation.resume(returning: self.look(limit)) }
        }
    }

    private func look(_ limit: Int) -> LedgerSurvey {
        let (counts, setAside, waiting, endpoints, undelivered) = state.withLock {
            ($0.counts, $0.setAsideCount, $0.longestWaiting(limit), $0.endpointStatus, $0.undelivered)
        }
        let (segments, bytes) = measure()
        return lastTimes.withLock { times in
            if !times.isKnown { lookUp(&times) }
            let before = times.arrivals
            times.arrivals = [:]
            for payment in waiting {
                let position = JournalPosition(seq: payment.seq, offset: payment.offset)
                times.arrivals[payment.seq] = before[payment.seq] ?? (try? journal.read(position))?.time
            }
            let oldest = undelivered?.oldest ?? 0
            if times.undelivered.seq != oldest { times.undelivered = (oldest, time(of: oldest)) }
            return LedgerSurvey(
                counts: counts, setAside: setAside,
                waiting: waiting.map { .init(payment: $0, since: times.arrivals[$0.seq]) }, endpoints: endpoints,
                undelivered: undelivered, undeliveredSince: times.undelivered.time, segments: segments, bytes: bytes,
                lastReceivedAt: times.received, lastConfirmedAt: times.confirmed)
        }
    }

    /// What cannot be read counts for nothing: a figure is no reason to fail.
    private func measure() -> (segments: Int, bytes: Int64) {
        let segments = (try? journal.disk.segments()) ?? []
        let bytes = segments.reduce(into: Int64(0)) { sum, first in
            guard let file = try? journal.disk.openUnlessPruned(first) else { return }
            defer { journal.disk.close(file) }
            sum += (try? journal.disk.size(file)) ?? 0
        }
        return (segments.count, bytes)
    }

    private func lookUp(_ times: inout LastTimes) {
        let (received, confirmed) = state.withLock { ($0.newestReportSeq, $0.newestConfirmationSeq) }
        times.isKnown = true
        times.received = time(of: received)
        times.confirmed = time(of: confirmed)
    }

    /// When a record was written; nil when there is none of that number any more.
    func time(of seq: Int64) -> Int64? {
        guard seq > 0 else { return nil }
        var follower = JournalFollower(journal.disk, after: seq - 1)
        var time: Int64?
        _ = try? follower.poll(atMost: 1) { _, entry in
            if entry.seq == seq { time = entry.time }
        } pruned: { _ in
        }
        return time
    }
}
