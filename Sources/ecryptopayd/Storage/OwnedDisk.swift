import Glibc
import JournalStore
import POSIX

/// A directory in which root acts as whom it belongs to: what root made in it, the daemon could not use. And whoever it belongs to may put
/// links in it, or something else in its place: so it is opened once, and its path is not gone by again.
struct OwnedDisk: Disk {
    private let disk: DirectoryDisk
    /// Nil where nobody else is acted as.
    private let owner: Identity?

    /// Works in a directory that is open, and that root opened without following a link.
    init(_ disk: DirectoryDisk) throws {
        self.disk = disk
        // Who did not begin as root acts as nobody else.
        owner = getuid() == 0 ? try disk.owner : nil
        guard let owner else { return }
        do { try owner.acting {} } catch let error as SystemError { throw CommandFailure(owner, disk.path, error) }
    }

    /// Opens a directory that must be there.
    init(_ path: String) throws {
        try self.init(try Self.asRoot { try DirectoryDisk(path: path, followsLink: getuid() != 0) })
    }

    /// Opens a directory. If it is not there, it is made by whom the one above belongs to, and given to `owner`, if that is root, or in any
    /// case.
    init(making path: String, for owner: Identity? = nil, inAnyCase: Bool = false) throws {
        try self.init(
            try Self.asRoot {
                let path = FileCalls.normalized(path)
                do { return try DirectoryDisk(path: path, followsLink: getuid() != 0) } catch let error as SystemError {
                    if error.errno != ENOENT { throw error }
                }
                let parent = try DirectoryDisk(path: FileCalls.parent(of: path))
                let maker = getuid() == 0 ? try parent.owner : .effective
                try maker.acting { try parent.makeDirectory(String(path.split(separator: "/").last ?? ".")) }
                let disk = try DirectoryDisk(path: path, followsLink: false)
                // Only what was made: whoever has the one above may have been quicker.
                if getuid() == 0, let owner, inAnyCase || maker.user == 0, try disk.owner == maker {
                    try disk.give(to: owner)
                }
                return disk
            })
    }

    /// Runs something as root, if that is who began this process.
    private static func asRoot<Value>(_ body: () throws -> Value) throws -> Value {
        try getuid() == 0 ? Identity.root.acting(body) : body()
    }

    /// Whom it belongs to, if that is somebody whom root acts as.
    var foreignOwner: Identity? { owner.flatMap { $0.user == 0 ? nil : $0 } }

    /// Its lock. Throws ``JournalFault``.
    func lock() throws -> JournalLock { try (owner ?? .effective).acting { try JournalLock(disk) } }

    func names() throws(SystemError) -> [String] { try acting { try disk.names() } }
    func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile {
        try acting { try disk.open(name, mode) }
    }
    func close(_ file: DiskFile) { disk.close(file) }
    func size(_ file: DiskFile) throws(SystemError) -> Int64 { try disk.size(file) }
    func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try disk.read(file, count: count, at: offset)
    }
    func readOnce(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try disk.readOnce(file, count: count, at: offset)
    }
    func write(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) -> Int {
        try disk.write(file, bytes, at: offset)
    }
    func synchronize(_ file: DiskFile) throws(SystemError) { try disk.synchronize(file) }
    func synchronizeDirectory() throws(SystemError) { try disk.synchronizeDirectory() }
    func truncate(_ file: DiskFile, to length: Int64) throws(SystemError) { try disk.truncate(file, to: length) }
    func rename(_ old: String, to new: String) throws(SystemError) { try acting { try disk.rename(old, to: new) } }
    func unlink(_ name: String) throws(SystemError) { try acting { try disk.unlink(name) } }
    func freeBytes() throws(SystemError) -> Int64 { try disk.freeBytes() }
    func writeOut(_ file: DiskFile, _ range: Range<Int64>) { disk.writeOut(file, range) }
    func forget(_ file: DiskFile, _ range: Range<Int64>) { disk.forget(file, range) }
    func whileNobodyWrites<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value? {
        try disk.whileNobodyWrites(body)
    }

    private func acting<Value>(_ body: () throws -> Value) throws(SystemError) -> Value {
        do { return try (owner ?? .effective).acting(body) } catch let error as SystemError { throw error } catch {
            throw SystemError(call: "seteuid", errno: EPERM, subject: disk.path)
        }
    }
}
