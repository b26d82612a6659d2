import Glibc
import JournalFormat
import POSIX

/// A file that is written in parts, synced, and read back from the disk.
///
/// It is written out in small pieces, with rests beside a daemon, and synced at its end only: the sync of a journal on the same disk waits for
/// what others have not written out yet, and for their syncs.
struct VerifiedFile: ~Copyable {
    private let disk: any Disk
    private let file: DiskFile
    private let name: String
    private var pace: Pace
    /// How much is written, and read back, at once.
    private let step: Int
    /// What stands before what is written here.
    private let start: (size: Int64, checksum: UInt32)
    private var running: CRC32C.Running
    private(set) var size: Int64
    var checksum: UInt32 { running.checksum }

    /// Goes on behind so many bytes with that checksum; what stands behind them is cut off.
    init(
        _ disk: any Disk, _ name: String, behind size: Int64 = 0, checksum: UInt32 = 0, isBesideWriter: Bool = false
    ) throws(SystemError) {
        pace = Pace(isHeld: isBesideWriter)
        step = isBesideWriter ? 128 << 10 : 4 << 20
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
        self.size = size
        running = CRC32C.Running(behind: checksum)
    }

    deinit { disk.close(file) }

    mutating func append(_ bytes: [UInt8]) throws(SystemError) {
        running.update(bytes.span)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(step)
            try disk.writeAll(file, piece, at: size)
            disk.writeOut(file, size..<size + Int64(piece.count))
            size += Int64(piece.count)
            rest = rest.dropFirst(piece.count)
            pace.hold()
        }
    }

    /// Syncs all of it, and reads back what was written. Throws ``BackupFault/misread(_:)``, and `SystemError`.
    mutating func finish() throws {
        if size == start.size { return }
        try disk.synchronize(file)
        disk.forget(file, start.size..<size)
        var read = CRC32C.Running(behind: start.checksum)
        var offset = start.size
        while offset < size {
            let bytes = try disk.read(file, count: Int(min(Int64(step), size - offset)), at: offset)
            if bytes.isEmpty { break }
            read.update(bytes.span)
            offset += Int64(bytes.count)
            pace.hold()
        }
        guard offset == size, read.checksum == checksum else { throw BackupFault.misread(name) }
        disk.forget(file, start.size..<size)
    }
}

/// Rests twice as long as it has worked, if somebody else works on the same disk and the same processors.
private struct Pace {
    let isHeld: Bool
    private var since = Clock.monotonic()

    init(isHeld: Bool) { self.isHeld = isHeld }

    mutating func hold() {
        guard isHeld else { return }
        usleep(UInt32(clamping: (Clock.monotonic() - since) / 500))
        since = Clock.monotonic()
    }
}
