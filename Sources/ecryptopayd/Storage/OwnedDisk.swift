import Glibc
import JournalStore
import POSIX

/// A directory in which root acts as whom it belongs to: what root made in it, the daemon could not use. What is open needs no more.
struct OwnedDisk: Disk {
    private let disk: DirectoryDisk
    private let identity: WritingIdentity

    init(path: String, identity: WritingIdentity) throws {
        disk = try identity.acting { try DirectoryDisk(path: path) }
        self.identity = identity
    }

    func names() throws(SystemError) -> [String] { try acting { try disk.names() } }
    func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile {
        try acting { try disk.open(name, mode) }
    }
    func close(_ file: DiskFile) { disk.close(file) }
    func size(_ file: DiskFile) throws(SystemError) -> Int64 { try disk.size(file) }
    func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try disk.read(file, count: count, at: offset)
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

    private func acting<Value>(_ body: () throws -> Value) throws(SystemError) -> Value {
        do { return try identity.acting(body) } catch let error as SystemError { throw error } catch {
            throw SystemError(call: "seteuid", errno: EPERM, subject: disk.path)
        }
    }
}
