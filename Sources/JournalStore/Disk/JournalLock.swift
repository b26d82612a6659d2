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
    package convenience init(directory: String) throws(JournalFault) {
        // A directory that is not there yet cannot be made by a name that ends with a dot.
        let directory = FileCalls.normalized(directory)
        let disk: DirectoryDisk
        do throws(SystemError) {
            try FileCalls.makeDirectory(directory)
            disk = try DirectoryDisk(path: directory)
        } catch { throw .system(error) }
        try self.init(disk)
    }

    /// Takes the lock in a directory that is open, whatever its path leads to by now.
    package init(_ disk: DirectoryDisk) throws(JournalFault) {
        do throws(SystemError) {
            try disk.naming(disk.path) { () throws(SystemError) in
                // A power cut must not take the whole directory along with what has been acknowledged in it.
                try FileCalls.synchronizeParent(of: disk.descriptor)
                // Now, not when the next segment is to be made: that may be weeks later, and every report is refused then.
                try FileCalls.requireWritableDirectory(disk.descriptor)
            }
            descriptor = try disk.open(Self.name, .createIfMissing).number
        } catch { throw .system(error) }
        let isLocked: Bool
        do throws(SystemError) {
            directory = try FileCalls.openat(disk.descriptor, ".", O_RDONLY | O_DIRECTORY)
            isLocked = try FileCalls.lock(descriptor)
        } catch { throw .system(error) }
        if !isLocked { throw .locked(directory: disk.path) }
        // NFS locks no directory: then the file has to do.
        if (try? FileCalls.lock(directory)) == false { throw .lockReplaced(directory: disk.path) }
    }

    deinit {
        FileCalls.close(directory)
        FileCalls.close(descriptor)
    }
}

extension JournalLock {
    /// Runs something short during which nobody can take the lock; nil when somebody has it, or nobody can tell.
    static func whileNobodyWrites<Value>(
        in disk: DirectoryDisk, _ body: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value? {
        var held: [Int32] = []
        defer { for descriptor in held { FileCalls.close(descriptor) } }
        for name in [name, "."] {
            do throws(SystemError) {
                held.append(try disk.open(name, .read).number)
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
