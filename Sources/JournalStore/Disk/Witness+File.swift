import Glibc
package import JournalFormat
import POSIX

extension Witness {
    /// What a file says; nil when it is not there or not whole.
    package init?(at path: String) {
        guard let file = try? FileCalls.openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return nil }
        defer { FileCalls.close(file) }
        guard let witness = (try? FileCalls.pread(file, count: 4096, at: 0)).flatMap({ Witness.decode($0) }) else {
            return nil
        }
        self = witness
    }

    /// Writes the file. Not synced, and a failure is no matter: its absence proves nothing.
    package func leave(at path: String) {
        guard let file = try? FileCalls.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK) else {
            return
        }
        defer { FileCalls.close(file) }
        _ = try? FileCalls.pwrite(file, encode()[...], at: 0)
    }
}
