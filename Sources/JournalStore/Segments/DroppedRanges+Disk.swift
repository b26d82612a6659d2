import JournalFormat
import POSIX
import Synchronization

/// What was read last: whoever follows a journal reads it again and again, and it may be long.
private let last = Mutex<(bytes: [UInt8], ranges: DroppedRanges?)>(([], nil))

extension DroppedRanges {
    /// What the file says; nothing when it is not there or not whole: then what is missing is missed.
    static func read(from disk: any Disk, _ name: String = name) throws(SystemError) -> DroppedRanges {
        try content(on: disk, name) ?? DroppedRanges()
    }

    /// What the file says; nothing when it is not there, nil when it is not whole.
    static func content(on disk: any Disk, _ name: String = name) throws(SystemError) -> DroppedRanges? {
        guard let bytes = try disk.contents(of: name) else { return DroppedRanges() }
        if let known = last.withLock({ $0.bytes == bytes ? $0.ranges : nil }) { return known }
        let ranges = decode(bytes)
        last.withLock { $0 = (bytes, ranges) }
        return ranges
    }

    /// Writes the file. For certain when the directory has been synced.
    func write(to disk: any Disk, _ name: String = name) throws(SystemError) {
        try disk.replace(name, with: encode())
    }
}
