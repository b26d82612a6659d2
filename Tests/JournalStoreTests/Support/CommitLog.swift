import JournalStore
import POSIX
import Synchronization

/// Writes down what a journal tells its observer.
final class CommitLog: JournalObserver {
    enum Event: Hashable, Sendable, CustomStringConvertible {
        case committed(Int64)
        case rejected(after: Int64, errno: Int32)
        case failed(errno: Int32)

        var description: String {
            switch self {
            case .committed(let seq): "committed \(seq)"
            case .rejected(let seq, let errno): "rejected after \(seq): \(errno)"
            case .failed(let errno): "failed: \(errno)"
            }
        }
    }

    private let log: Mutex<[Event]> = Mutex([])

    var events: [Event] { log.withLock { $0 } }

    /// The highest number that was reported durable; 0 when none was.
    var committed: Int64 {
        log.withLock { events in
            events.reduce(0) { if case .committed(let seq) = $1 { max($0, seq) } else { $0 } }
        }
    }

    func journalDidCommit(upTo seq: Int64, syncNanoseconds: Int64) { log.withLock { $0.append(.committed(seq)) } }

    func journalDidReject(after seq: Int64, _ error: SystemError) {
        log.withLock { $0.append(.rejected(after: seq, errno: error.errno)) }
    }

    func journalDidFail(_ error: SystemError) { log.withLock { $0.append(.failed(errno: error.errno)) } }

    func journalDidEnd(_ reason: String) {}
}
