import Glibc
package import POSIX

/// A real directory.
package final class DirectoryDisk: Disk {
    /// Where it is.
    package let path: String
    private let descriptor: Int32

    /// Opens a directory that must be there.
    package init(path: String) throws(SystemError) {
        self.path = path
        descriptor = try FileCalls.openDirectory(path)
    }

    deinit {
        FileCalls.close(descriptor)
    }
}

extension DirectoryDisk {
    package func names() throws(SystemError) -> [String] {
        try FileCalls.names(in: path)
    }

    package func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .write: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            case .createIfMissing: O_RDWR | O_CREAT
            }
        let path = path(of: name)
        return try naming(path) { () throws(SystemError) in
            // A regular file takes no notice of O_NONBLOCK; a named pipe would have its opener wait for ever.
            DiskFile(number: try FileCalls.openat(descriptor, name, flags | O_NONBLOCK), path: path)
        }
    }

    package func close(_ file: DiskFile) {
        FileCalls.close(file.number)
    }

    package func size(_ file: DiskFile) throws(SystemError) -> Int64 {
        try naming(file.path) { () throws(SystemError) in Int64(try FileCalls.fstat(file.number).st_size) }
    }

    package func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try naming(file.path) { () throws(SystemError) in
            try FileCalls.pread(file.number, count: count, at: offset)
        }
    }

    package func write(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) -> Int {
        try naming(file.path) { () throws(SystemError) in try FileCalls.pwrite(file.number, bytes, at: offset) }
    }

    package func synchronize(_ file: DiskFile) throws(SystemError) {
        try naming(file.path) { () throws(SystemError) in try FileCalls.fdatasync(file.number) }
    }

    package func synchronizeDirectory() throws(SystemError) {
        try naming(path) { () throws(SystemError) in try FileCalls.fsync(descriptor) }
    }

    package func truncate(_ file: DiskFile, to length: Int64) throws(SystemError) {
        try naming(file.path) { () throws(SystemError) in try FileCalls.ftruncate(file.number, to: length) }
    }

    package func rename(_ old: String, to new: String) throws(SystemError) {
        try naming(path(of: old)) { () throws(SystemError) in try FileCalls.renameat(descriptor, old, new) }
    }

    package func unlink(_ name: String) throws(SystemError) {
        try naming(path(of: name)) { () throws(SystemError) in try FileCalls.unlinkat(descriptor, name) }
    }

    package func freeBytes() throws(SystemError) -> Int64 {
        try naming(path) { () throws(SystemError) in try FileCalls.freeBytes(descriptor) }
    }
}

extension DirectoryDisk {
    private func path(of name: String) -> String { "\(path)/\(name)" }

    /// Has an error say which file it is about, with its whole path: an operator has to find it.
    private func naming<Value>(
        _ path: String, _ body: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        do { return try body() } catch {
            throw SystemError(call: error.call, errno: error.errno, subject: path)
        }
    }
}
