package import JournalFormat
package import Ledger
package import POSIX

/// Why a journal cannot be opened. Each says what, where and how to mend it.
package enum JournalFault: Error, Sendable, CustomStringConvertible {
    /// A record that had been synced is not what it was.
    case corruption(Corruption)
    /// A record passes its checksum, but this version cannot read it.
    case unreadable(segment: String, offset: Int64, fault: LineFault)
    /// A segment does not begin where the one before it ends.
    case missingSegment(expected: Int64, found: String)
    /// The first segments are gone, and no pruning removed them.
    case missingBeginning(expected: Int64, found: String)
    /// The journal belongs to another account, or to another API.
    case otherAccount(OtherAccount)
    /// Another process has it.
    case locked(directory: String)
    /// The file system refused a call.
    case system(SystemError)
    /// A repair of the journal was interrupted; its options.
    case halfRepaired(String)
    /// It is the beginning of a copy that was interrupted.
    case halfCopied
    /// The journal took no more records.
    case unavailable(JournalUnavailable)

    /// Where a synced record is damaged or gone.
    package struct Corruption: Hashable, Sendable {
        /// The segment's file.
        package let segment: String
        /// The offset of the line in it, in bytes.
        package let offset: Int64
        /// The record that should stand there.
        package let expected: Int64
        /// What stands there; nil when the segment just ends.
        package let fault: LineFault?
        /// Everything up to this record had been synced.
        package let claimed: Int64

        fileprivate var finding: String {
            switch fault {
            case nil: "nothing stands there"
            // What was expected has been said.
            case .sequence(_, let found): "record \(found) stands there"
            case .some(let fault): "\(fault)"
            }
        }
    }

    private static let hint = """
        Nothing was changed. Run "ecryptopayd journal verify" to see all that is wrong, and restore the segment from a backup; \
        as the last resort, "ecryptopayd journal repair" cuts the journal there
        """

    /// A sentence for the log, and what to do.
    package var description: String {
        switch self {
        case .corruption(let corruption):
            """
            the journal is damaged: \(corruption.segment) at byte \(corruption.offset) should hold record \
            \(corruption.expected), and does not: \(corruption.finding). Records up to \(corruption.claimed) had been synced, so \
            this is no torn tail. \(Self.hint)
            """
        case .unreadable(let segment, let offset, .laterVersion(let later)):
            "the journal cannot be read: \(segment) at byte \(offset): \(later). Nothing was changed; hint: \(later.hint)"
        case .unreadable(let segment, let offset, let fault):
            """
            the journal cannot be read: \(segment) at byte \(offset): \(fault). If a later version of ecryptopayd wrote it, use \
            that version; else restore the segment from a backup. Nothing was changed
            """
        case .missingSegment(let expected, let found):
            """
            the journal is damaged: record \(expected) should stand where \(found) begins: a segment is missing or has another \
            name, or the one before it is not as long as it was, or the file "dropped" is damaged. \(Self.hint)
            """
        case .missingBeginning(let expected, let found):
            """
            the journal is damaged: it should begin with record \(expected), and begins with \(found): segments before it are \
            missing or have other names, and no pruning removed them. Nothing was changed. Restore them from a backup; if they \
            were removed on purpose, run "ecryptopayd journal repair --segment \(found) --begins-here"
            """
        case .halfRepaired(let options):
            """
            a repair of this journal was interrupted: run "ecryptopayd journal repair \(options) --yes" again. If you have \
            restored the journal from a backup instead, remove the file "\(JournalRepair.markName)" beside its segments
            """
        case .halfCopied:
            """
            this is not all of a journal: copying it was interrupted. Run the same "ecryptopayd journal copy" again, or remove the \
            directory, if the journal that was copied is to be used as before
            """
        case .otherAccount(let other): "\(other)"
        case .locked(let directory):
            "another process works on the journal in \(directory). Stop it first, or name another directory"
        case .system(let error): "\(error)"
        case .unavailable(let reason): "\(reason)"
        }
    }
}
