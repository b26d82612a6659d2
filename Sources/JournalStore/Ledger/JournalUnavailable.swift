import JournalFormat
package import POSIX

/// Why a record was not taken or not kept.
package enum JournalUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
    /// The write failed and was cut back; the next may succeed.
    case rejected(SystemError)
    /// A sync failed, or a write could not be cut back: nothing is taken any more.
    case failed(SystemError)
    /// What is written to was moved: nothing is taken any more.
    case moved(Displacement)
    /// Nothing more is written here, for this reason.
    case ended(String)
    /// The record's line would be longer than a line may be.
    case tooLong(bytes: Int)
    /// The journal has been closed.
    case closed

    /// What happened.
    package var description: String {
        switch self {
        case .rejected(let error): "the journal could not be written: \(error)"
        case .failed(let error): "the journal failed for good: \(error)"
        case .moved(let displacement): displacement.description
        case .ended(let reason): reason
        case .tooLong(let bytes):
            "the record takes \(bytes) bytes, but a line of the journal has at most \(RecordCodec.maximumLineLength)"
        case .closed: "the journal is closed"
        }
    }
}
