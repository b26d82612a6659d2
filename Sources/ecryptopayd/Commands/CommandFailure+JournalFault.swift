import Glibc
import JournalStore
import POSIX

extension CommandFailure {
    /// The exit code that fits a journal that cannot be opened.
    init(_ fault: JournalFault) {
        let status: ExitStatus =
            switch fault {
            case .damaged, .halfRepaired, .halfCopied, .displaced, .segmentReplaced: .badData
            case .otherAccount: .configuration
            case .locked, .lockReplaced: .tryAgain
            case .unavailable: .inputOutput
            case .system(let error):
                switch error.errno {
                case EACCES, EPERM: .permission
                case ENOENT, ENOTDIR: .configuration
                default: .inputOutput
                }
            }
        guard case .system(let error) = fault else {
            self.init(status, "\(fault)")
            return
        }
        self.init(status, "the journal cannot be used: \(error); \(error.hintForWriting)", errno: error.errno)
    }

    /// The same for the journal that is configured: a directory that cannot be used names its key.
    init(_ fault: JournalFault, configured path: String) {
        let failure = CommandFailure(fault)
        let journal = "ECRYPTOPAY_JOURNAL=\(path)"
        let message =
            switch fault {
            case .system(let error): "\(journal) cannot be used: \(error); \(error.hintForWriting)"
            // The messages name files, and this says where those are.
            case .damaged, .halfCopied: "\(journal): \(fault)"
            default: failure.message
            }
        self.init(failure.status, message, errno: failure.errno)
    }
}
