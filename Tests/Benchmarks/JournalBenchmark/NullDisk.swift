import Glibc
import JournalStore
import POSIX

/// A disk that takes everything and keeps nothing; a sync takes as long as on a fast real one, so that batches form.
struct NullDisk: Disk {
    func names() throws(SystemError) -> [String] { [] }
    func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile { DiskFile(number: 0) }
    func close(_ file: DiskFile) {}
    /// Never less than what was written: the segment counts as cut else.
    func size(_ file: DiskFile) throws(SystemError) -> Int64 { 1 << 50 }
    func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] { [] }
    func write(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) -> Int {
        bytes.count
    }
    func synchronize(_ file: DiskFile) throws(SystemError) { usleep(200) }
    func synchronizeDirectory() throws(SystemError) {}
    func truncate(_ file: DiskFile, to length: Int64) throws(SystemError) {}
    func rename(_ old: String, to new: String) throws(SystemError) {}
    func unlink(_ name: String) throws(SystemError) {}
    func freeBytes() throws(SystemError) -> Int64 { 1 << 50 }
}
