import JournalFormat
import POSIX

extension DurableMark {
    /// The highest number that is known to be synced; 0 when the file is not there or not whole, which proves nothing.
    static func read(from disk: any Disk) throws(SystemError) -> Int64 {
        // One byte more than it has, to notice a longer file.
        try disk.contents(of: name, atMost: length + 1).flatMap { decode($0) } ?? 0
    }
}
