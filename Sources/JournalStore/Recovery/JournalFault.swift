package import JournalFormat
package import Ledger
package import POSIX

/// Why a journal cannot be opened. Each says what, where and how to mend it.
package enum JournalFault: Error, Sendable, CustomStringConvertible {
    /// What had been synced is not what it was, or this version cannot read it. `claimed`: everything up to this record had been synced,
    /// where that is why it is no torn tail.
    case damaged(Damage, claimed: Int64? = nil)
    /// The journal belongs to another account, or to another API.
    case otherAccount(OtherAccount)
    /// Another process has it.
    case locked(directory: String)
    /// Another process has it, though the file that it has locked is not the one that is there.
    case lockReplaced(directory: String)
    /// It was moved away from its directory, and what is there does not have what had been acknowledged, up to this record.
    case displaced(directory: String, claimed: Int64, rescue: String)
    /// A segment was replaced or removed under a running program, and what is there does not have what had been acknowledged, up to this
    /// record.
    case segmentReplaced(segment: String, claimed: Int64?, rescue: String)
    /// The file system refused a call.
    case system(SystemError)
    /// A repair of the journal was interrupted; its options.
    case halfRepaired(String)
    /// It is the beginning of a copy that was interrupted.
    case halfCopied
    /// The journal took no more records.
    case unavailable(JournalUnavailable)

    /// A sentence for the log, and what to do.
    package var description: String {
        switch self {
        case .damaged(let damage, let claimed):
            switch damage.fault {
            // Its description has the hint already, which comes last here.
            case .laterVersion(let later):
                """
                the journal cannot be read: \(damage.file) at byte \(damage.offset): \(later). Nothing was changed; hint: \(damage.hint)
                """
            case .content: "the journal cannot be read: \(damage). Nothing was changed; hint: \(damage.hint)"
            default:
                """
                the journal is damaged: \(damage). \(claimed.map(Self.proof) ?? "")No record was changed; hint: \(damage.hint). \
                "ecryptopayd journal verify" shows all that is wrong
                """
            }
        case .halfRepaired(let options):
            """
            a repair of this journal was interrupted: run "ecryptopayd journal repair \(options) --yes" again. If you have \
            restored the journal from a backup instead, remove the file "\(JournalRepair.markName)" beside its segments
            """
        case .halfCopied:
            """
            this is not all of a journal: copying it was interrupted. Run the same "ecryptopayd journal copy" or "ecryptopayd journal \
            restore" again, or remove the directory, if the journal that was copied is to be used as before
            """
        case .otherAccount(let other): "\(other)"
        case .locked(let directory):
            "another process works on the journal in \(directory). Stop it first, or name another directory"
        case .lockReplaced(let directory):
            """
            another process works on the journal in \(directory), though the file "\(JournalLock.name)" that it has locked was moved, \
            replaced or removed. That process ends within a second; start again then
            """
        case .displaced(let directory, let claimed, let rescue):
            """
            \(directory) was moved or removed while a daemon wrote its journal there, and what is there now lacks records up to \
            \(claimed), which had been acknowledged. Put the directory back, as the log of that daemon says; what it saved is in \
            \(rescue). If nothing can be put back, remove \(rescue): those records are lost then
            """
        case .segmentReplaced(let segment, let claimed, let rescue):
            """
            \(segment) was replaced or removed while a daemon wrote to it, and what is there now lacks records\
            \(claimed.map { " up to \($0)" } ?? ""), which had been acknowledged. What it held is saved: put it back with \
            "mv \(rescue) \(segment)", and start again. If it is not wanted, remove \(rescue): those records are lost then
            """
        case .system(let error): "\(error)"
        case .unavailable(let reason): "\(reason)"
        }
    }
    private static func proof(_ claimed: Int64) -> String {
        """
        Records up to \(claimed) had been synced, so this is no torn tail; if a backup was copied over the journal, start once with \
        "serve --restored". 
        """
    }
}
