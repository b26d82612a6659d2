import Glibc
public import POSIX

/// A real directory.
public final class DirectoryDisk: Disk {
    /// Where it is.
    public let path: String
    private let descriptor: Int32

    /// Opens a directory that must be there.
    public init(path: String) throws(SystemError) {
        self.path = path
        descriptor = try FileCalls.openDirectory(path)
    }

    deinit {
        FileCalls.close(descriptor)
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation, which the protocol has.
extension DirectoryDisk {
    public func names() throws(SystemError) -> [String] {
        try FileCalls.names(in: path)
    }

    public func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .write: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            case .createIfMissing: O_RDWR | O_CREAT
            }
        do {
            return DiskFile(number: try FileCalls.openat(descriptor, name, flags))
        } catch {
            throw SystemError(call: error.call, errno: error.errno, subject: "\(path)/\(name)")
        }
    }

    public func close(_ file: DiskFile) {
        FileCalls.close(file.number)
    }

    public func size(_ file: DiskFile) throws(SystemError) -> Int64 {
        Int64(try FileCalls.fstat(file.number).st_size)
    }

    public func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try FileCalls.pread(file.number, count: count, at: offset)
    }

    public func write(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) -> Int {
        try FileCalls.pwrite(file.number, bytes, at: offset)
    }

    public func synchronize(_ file: DiskFile) throws(SystemError) {
        try FileCalls.fdatasync(file.number)
    }

    public func synchronizeDirectory() throws(SystemError) {
        try FileCalls.fsync(descriptor)
    }

    public func truncate(_ file: DiskFile, to length: Int64) throws(SystemError) {
        try FileCalls.ftruncate(file.number, to: length)
    }

    public func rename(_ old: String, to new: String) throws(SystemError) {
        try FileCalls.renameat(descriptor, old, new)
    }

    public func unlink(_ name: String) throws(SystemError) {
        try FileCalls.unlinkat(descriptor, name)
    }

    public func freeBytes() throws(SystemError) -> Int64 {
        try FileCalls.freeBytes(descriptor)
    }
}
