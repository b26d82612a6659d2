import Dispatch
package import Ledger
import POSIX
import Synchronization

/// What the journal tells of the last day, for the page: read when somebody looks, from where it was read before.
///
/// So it costs nothing while nobody looks, and is as true after a restart as before.
package final class Activity: Sendable {
    /// At most so many segments are read when somebody looks for the first time.
    private static let segments = 4
    private static let day: Int64 = 86_400_000_000_000

    private struct State {
        var picture = ActivityPicture()
        var reader: (any RecordReader)?
    }

    private let ledger: any RecordLedger
    private let damages: DamageList
    private let queue = DispatchQueue(label: "ecryptopayd.activity", qos: .utility)
    private let state = Mutex(State())

    package init(_ ledger: any RecordLedger, _ damages: DamageList) {
        self.ledger = ledger
        self.damages = damages
    }

    /// What there is to see now. What cannot be read is not shown, but noted.
    func picture() async -> ActivityPicture {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.look()) }
        }
    }

    private func look() -> ActivityPicture {
        state.withLock { state in
            let now = Clock.realtime()
            var reader = state.reader ?? ledger.reader(since: now - Self.day, atMost: Self.segments)
            _ = try? reader.read(atMost: .max, upTo: ledger.durable) { _, entry in
                state.picture.add(entry)
            } pruned: { _ in
            } damaged: {
                damages.ledgerFoundDamage($0)
            }
            state.reader = reader
            state.picture.forget(before: now - Self.day)
            return state.picture
        }
    }
}
