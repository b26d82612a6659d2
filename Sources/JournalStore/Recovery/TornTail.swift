package import JournalFormat
import POSIX

/// What a crash left behind the last good record: set aside, then cut off.
package struct TornTail: Hashable, Sendable {
    /// The segment's file.
    package let segment: String
    /// Where it was cut, in bytes.
    package let offset: Int64
    /// How many bytes went.
    package let bytes: Int64
    /// The file beside the segments that holds them; nil when there were none.
    package let copy: String?
    /// What was wrong with the first line; nil when the segment had no line at all.
    package let fault: LineFault?

    /// Copies all from the offset aside, syncs copy and directory, truncates the segment and syncs that.
    static func cut(
        _ disk: any Disk, _ file: DiskFile, segment: String, at offset: Int64, fault: LineFault?
    ) throws(SystemError) -> TornTail {
        let size = try disk.size(file)
        var copyName: String?
        if size > offset {
            copyName = try copy(disk, file, from: offset, size: size, as: "\(segment).torn-\(offset)")
            try disk.truncate(file, to: offset)
            try disk.synchronize(file)
        }
        return TornTail(segment: segment, offset: offset, bytes: size - offset, copy: copyName, fault: fault)
    }

    /// Copies all from the offset into a file of that name, or of a similar one that is free, and syncs copy and directory.
    static func copy(
        _ disk: any Disk, _ file: DiskFile, from offset: Int64, size: Int64, as name: String
    ) throws(SystemError) -> String {
        let free = try freeName(disk, like: name)
        let copy = try disk.open(free, .create)
        defer { disk.close(copy) }
        do throws(SystemError) {
            try disk.copy(offset..<size, of: file, to: copy, at: 0)
            try disk.synchronize(copy)
        } catch {
            // On a disk that is full, each attempt would leave one.
            _ = try? disk.unlink(free)
            throw error
        }
        try disk.synchronizeDirectory()
        return free
    }

    /// A name that no file has: nothing that was set aside earlier is written over.
    static func freeName(_ disk: any Disk, like name: String) throws(SystemError) -> String {
        let taken = Set(try disk.names())
        var free = name
        var number = 2
        while taken.contains(free) {
            free = "\(name)-\(number)"
            number += 1
        }
        return free
    }
}
