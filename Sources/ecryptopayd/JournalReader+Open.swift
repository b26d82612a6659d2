import Glibc
import JournalStore
import POSIX

extension JournalReader {
    /// Opens the journal in a directory for a command.
    static func open(_ directory: String) throws -> JournalReader {
        do {
            return try JournalReader(try DirectoryDisk(path: directory))
        } catch {
            let status: ExitStatus =
                switch error.errno {
                case ENOENT, ENOTDIR: .noInput
                case EACCES: .permission
                default: .inputOutput
                }
            throw CommandFailure(
                status, "there is no journal to read: \(error). Name its directory with --directory")
        }
    }
}
