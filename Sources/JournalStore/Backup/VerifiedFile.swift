import JournalFormat
import POSIX

/// A file that is written in parts, synced as it grows, and read back from the disk.
///
/// Small syncs, since a large one holds up those of the journal on the same disk.
struct VerifiedFile: ~Copyable {
    private static let syncedBytes: Int64 = 4 << 20
    private static let step = 1 << 20

    private let disk: any Disk
    private let file: DiskFile
    private let name: String
    /// What stands before what is written here.
    private let start: (size: Int64, checksum: UInt32)
    private var running: CRC32C.Running
    private var synced: Int64
    private(set) var size: Int64
    var checksum: UInt32 { running.checksum }

    /// Goes on behind so many bytes with that checksum; what stands behind them is cut off.
    init(_ disk: any Disk, _ name: String, behind size: Int64 = 0, checksum: UInt32 = 0) throws(SystemError) {
        let file = try disk.open(name, .createIfMissing)
        do throws(SystemError) {
            if try disk.size(file) > size { try disk.truncate(file, to: size) }
        } catch {
            disk.close(file)
            throw error
        }
        self.disk = disk
        self.file = file
        self.name = name
        start = (size, checksum)
        (self.size, synced) = (size, size)
        running = CRC32C.Running(behind: checksum)
    }

    deinit { disk.close(file) }

    mutating func append(_ bytes: [UInt8]) throws(SystemError) {
        try disk.writeAll(file, bytes[...], at: size)
        running.update(bytes.span)
        size += Int64(bytes.count)
        guard size - synced >= Self.syncedBytes else { return }
        try disk.synchronize(file)
        // What is read back is to come from the disk.
        disk.forget(file, synced..<size)
        synced = size
    }

    /// Syncs all of it, and reads back what was written. Throws ``BackupFault/misread(_:)``, and `SystemError`.
    mutating func finish() throws {
        if size == start.size { return }
        try disk.synchronize(file)
        disk.forget(file, start.size..<size)
        var read = CRC32C.Running(behind: start.checksum)
        var offset = start.size
        while offset < size {
            let bytes = try disk.read(file, count: Int(min(Int64(Self.step), size - offset)), at: offset)
            if bytes.isEmpty { break }
            read.update(bytes.span)
            offset += Int64(bytes.count)
        }
        guard offset == size, read.checksum == checksum else { throw BackupFault.misread(name) }
        disk.forget(file, start.size..<size)
    }
}
