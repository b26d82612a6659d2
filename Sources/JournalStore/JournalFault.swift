public import JournalFormat
public import POSIX

/// Why a journal cannot be opened. Each says what, where and how to mend it.
public enum JournalFault: Error, Sendable, CustomStringConvertible {
    /// A record that had been synced is not what it was.
    case corruption(Corruption)
    /// A record passes its checksum, but this version cannot read it.
    case unreadable(segment: String, offset: Int64, fault: LineFault)
    /// A segment does not begin where the one before it ends.
    case missingSegment(expected: Int64, found: String)
    /// Written by a later version of the program.
    case laterFormat(segment: String, found: Int)
    /// The journal belongs to another account, or to another API.
    case otherAccount(what: String, journal: String, configured: String)
    /// Another process has it.
    case locked(directory: String)
    /// The file system refused a call.
    case system(SystemError)
    /// The journal took no more records.
    case unavailable(JournalUnavailable)

    /// Where a synced record is damaged or gone.
    public struct Corruption: Hashable, Sendable {
        /// The segment's file.
        public let segment: String
        /// The offset of the line in it, in bytes.
        public let offset: Int64
        /// The record that should stand there.
        public let expected: Int64
        /// What stands there; nil when the segment just ends.
        public let fault: LineFault?
        /// Everything up to this record had been synced.
        public let claimed: Int64
    }

    /// A sentence for the log, and what to do.
    public var description: String {
        switch self {
        case .corruption(let corruption):
            """
            the journal is damaged: \(corruption.segment) at byte \(corruption.offset) should hold record \
            \(corruption.expected), but \(corruption.fault.map { "\($0)" } ?? "the segment ends there"); records up to \
            \(corruption.claimed) had been synced, so this is no torn tail. Nothing was changed. Run "ecryptopayd journal \
            verify" to see all of it, and restore the segment from a backup
            """
        case .unreadable(let segment, let offset, let fault):
            """
            \(segment) at byte \(offset): \(fault). A later version of ecryptopayd may have written it; use that version, \
            or restore the segment from a backup
            """
        case .missingSegment(let expected, let found):
            """
            record \(expected) should stand where \(found) begins: a segment is missing, or the one before it is not as long \
            as it was. Nothing was changed. Restore the segments from a backup
            """
        case .laterFormat(let segment, let found):
            """
            \(segment) is of format \(found), but this version of ecryptopayd reads format \(RecordCodec.format) only; use \
            the version that wrote it
            """
        case .otherAccount(let what, let journal, let configured):
            """
            this journal belongs to \(what) "\(journal)", but the configuration says "\(configured)". Correct the \
            configuration, or name another directory in ECRYPTOPAY_JOURNAL
            """
        case .locked(let directory):
            "another process works on the journal in \(directory). Stop it first, or name another directory"
        case .system(let error): "\(error)"
        case .unavailable(let reason): "\(reason)"
        }
    }
}
