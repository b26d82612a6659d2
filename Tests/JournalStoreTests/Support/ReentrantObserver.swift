import JournalFormat
import JournalStore
import POSIX
import Synchronization

/// Appends to the journal while it is being told of a rejection.
final class ReentrantObserver: JournalObserver {
    private let state: Mutex<(journal: Journal?, refusal: JournalUnavailable?)> = Mutex((nil, nil))

    var journal: Journal? {
        get { state.withLock { $0.journal } }
        set { state.withLock { $0.journal = newValue } }
    }

    /// How the journal answered.
    var refusal: JournalUnavailable? { state.withLock { $0.refusal } }

    func journalDidReject(after seq: Int64, _ error: SystemError) {
        do throws(JournalUnavailable) { _ = try journal?.append(.closed, time: 0) } catch {
            state.withLock { $0.refusal = error }
        }
    }

    func journalDidCommit(upTo seq: Int64, syncNanoseconds: Int64) {}
    func journalDidFail(_ error: SystemError) {}
    func journalDidEnd(_ reason: String) {}
}
