import Glibc
import POSIX

/// The file `lock` in a journal's directory, locked by `flock(2)`: one process at a time writes. The kernel lets go of it when
/// the process ends, however it ends. The directory is locked too, in case somebody removes the file.
package final class JournalLock: Sendable {
    /// The file's name.
    package static let name = "lock"
    let descriptor: Int32
    private let directory: Int32

    /// Takes the lock, making directory and file where they are missing.
    package init(directory: String) throws(JournalFault) {
        // A directory that is not there yet cannot be made by a name that ends with a dot.
        let directory = FileCalls.normalized(directory)
        do throws(SystemError) {
            try FileCalls.makeDirectory(directory)
            // A power cut must not take the whole directory along with what has been acknowledged in it.
            try FileCalls.synchronizeParent(of: directory)
            // Now, not when the next segment is to be made: that may be weeks later, and every report is refused then.
            try FileCalls.requireWritableDirectory(directory)
            // By its whole path, which an error then names.
            descriptor = try FileCalls.openat(AT_FDCWD, "\(directory)/\(Self.name)", O_RDWR | O_CREAT)
        } catch { throw .system(error) }
        let isLocked: Bool
        do throws(SystemError) {
            self.directory = try FileCalls.openDirectory(directory)
            isLocked = try FileCalls.lock(descriptor)
        } catch { throw .system(error) }
        if !isLocked { throw .locked(directory: directory) }
        // NFS locks no directory: then the file has to do.
        if (try? FileCalls.lock(self.directory)) == false { throw .lockReplaced(directory: directory) }
    }

    deinit {
        FileCalls.close(directory)
        FileCalls.close(descriptor)
    }
}

extension JournalLock {
    /// Runs something short during which nobody can take the lock; nil when somebody has it, or nobody can tell.
    static func whileNobodyWrites<Value>(
        in directory: String, _ body: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value? {
        var held: [Int32] = []
        defer { for descriptor in held { FileCalls.close(descriptor) } }
        for path in ["\(directory)/\(name)", directory] {
            do throws(SystemError) {
                held.append(try FileCalls.openat(AT_FDCWD, path, O_RDONLY))
                if try !FileCalls.lock(held[held.count - 1], isShared: true) { return nil }
            } catch {
                // A copy may have no such file, and NFS locks no directory.
                if error.errno == ENOENT || held.count == 2 { continue }
                return nil
            }
        }
        return try body()
    }
}
