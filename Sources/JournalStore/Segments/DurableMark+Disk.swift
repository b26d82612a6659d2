import JournalFormat
import POSIX

extension DurableMark {
    /// The highest number that is known to be synced; 0 when the file is not there or not whole, which proves nothing.
    static func read(from disk: any Disk) throws(SystemError) -> Int64 {
        guard try disk.names().contains(name) else { return 0 }
        let file = try disk.open(name, .read)
        defer { disk.close(file) }
        // One byte more than it has, to notice a longer file.
        return decode(try disk.read(file, count: length + 1, at: 0)) ?? 0
    }
}
