import Glibc
package import JournalFormat
package import POSIX

/// A real directory. It is opened once; no file in it may be a symbolic link, which somebody else may have put there.
package final class DirectoryDisk: Disk {
    /// Where it is.
    package let path: String
    let descriptor: Int32
    private let lock: JournalLock?

    /// Opens a directory that must be there; with its lock, if it is to be written to.
    package init(path: String, lock: JournalLock? = nil, followsLink: Bool = true) throws(SystemError) {
        self.path = FileCalls.normalized(path)
        self.lock = lock
        descriptor = try FileCalls.openDirectory(self.path, followsLink: followsLink)
    }

    /// Whom it belongs to.
    package var owner: Identity {
        get throws(SystemError) { try Identity.owner(of: descriptor) }
    }

    /// Has it belong to somebody else.
    package func give(to owner: Identity) throws(SystemError) {
        try naming(path) { () throws(SystemError) in try owner.own(descriptor) }
    }

    /// Makes a directory in it.
    package func makeDirectory(_ name: String) throws(SystemError) {
        try naming(path(of: name)) { () throws(SystemError) in try FileCalls.mkdirat(descriptor, name) }
    }

    deinit {
        FileCalls.close(descriptor)
    }
}

extension DirectoryDisk {
    package func names() throws(SystemError) -> [String] {
        try naming(path) { () throws(SystemError) in try FileCalls.names(in: descriptor) }
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
            DiskFile(number: try FileCalls.openat(descriptor, name, flags | O_NONBLOCK | O_NOFOLLOW), path: path)
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

    package func readOnce(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        FileCalls.readNothingAhead(file.number)
        defer { forget(file, offset..<offset + Int64(count)) }
        return try read(file, count: count, at: offset)
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

    package func writeOut(_ file: DiskFile, _ range: Range<Int64>) { FileCalls.writeOut(file.number, range) }
    package func forget(_ file: DiskFile, _ range: Range<Int64>) { FileCalls.forget(file.number, range) }

    package func freeBytes() throws(SystemError) -> Int64 {
        try naming(path) { () throws(SystemError) in try FileCalls.freeBytes(descriptor) }
    }
}

extension DirectoryDisk {
    package func misplaced(_ file: DiskFile) -> Set<DiskPart> {
        var parts: Set<DiskPart> = []
        if isMisplaced(descriptor, path) { parts.insert(.directory) }
        if let lock, isMisplaced(lock.descriptor, path(of: JournalLock.name)) { parts.insert(.lock) }
        if isMisplaced(file.number, file.path) { parts.insert(.file) }
        return parts
    }

    /// A path that cannot be asked for says nothing: only another file there does, or none.
    private func isMisplaced(_ descriptor: Int32, _ path: String) -> Bool {
        do { return try FileCalls.identity(of: path) != FileCalls.identity(descriptor) } catch { return false }
    }

    package func place(of part: DiskPart, _ file: DiskFile) -> FilePlace {
        switch part {
        case .directory: FileCalls.place(descriptor)
        case .lock: lock.map { FileCalls.place($0.descriptor) } ?? .gone
        case .file: FileCalls.place(file.number)
        }
    }

    package var place: Place? {
        let lock = path(of: JournalLock.name)
        guard let identity = (try? FileCalls.identity(of: lock)) ?? nil else { return nil }
        return Place(
            machine: Self.machine, device: identity.device, inode: identity.inode, born: FileCalls.birthTime(of: lock))
    }

    package func whileNobodyWrites<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value? { try JournalLock.whileNobodyWrites(in: self, body) }

    package func note(_ witness: Witness) {
        guard let lock else { return }
        FileCalls.touch(lock.descriptor)
        witness.leave(at: path + Witness.suffix)
    }

    package var witness: Witness? { Witness(at: path + Witness.suffix) }

    private static let machine: UInt32? = {
        guard let disk = try? DirectoryDisk(path: "/etc"),
            let id = (try? disk.contents(of: "machine-id", atMost: 64)) ?? nil, id.count >= 32
        else { return nil }
        return CRC32C.checksum(Array(id.prefix(32)).span)
    }()

    package func makeRescue() throws(SystemError) -> any Disk {
        let rescue = Displacement.rescue(of: path)
        try FileCalls.makeDirectory(rescue)
        return try DirectoryDisk(path: rescue, followsLink: false)
    }
}

extension DirectoryDisk {
    private func path(of name: String) -> String { "\(path)/\(name)" }

    /// Has an error say which file it is about, with its whole path: an operator has to find it.
    func naming<Value>(
        _ path: String, _ body: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        do { return try body() } catch {
            throw SystemError(call: error.call, errno: error.errno, subject: path)
        }
    }
}
