import JournalFormat
import POSIX

extension DroppedRanges {
    /// What the file says; nothing when it is not there or not whole: then what is missing is missed.
    static func read(from disk: any Disk, _ name: String = name) throws(SystemError) -> DroppedRanges {
        try content(on: disk, name) ?? DroppedRanges()
    }

    /// What the file says; nothing when it is not there, nil when it is not whole.
    static func content(on disk: any Disk, _ name: String = name) throws(SystemError) -> DroppedRanges? {
        guard let bytes = try disk.contents(of: name) else { return DroppedRanges() }
        return decode(bytes)
    }

    /// Writes the file. For certain when the directory has been synced.
    func write(to disk: any Disk, _ name: String = name) throws(SystemError) {
        try disk.replace(name, with: encode())
    }
}
