import CShims
import Glibc

extension FileCalls {
    /// `sync_file_range(2)`: part of a file is written to the disk now, so that no large flush holds others up; it is not synced by that. Where
    /// that is not supported, it is not done.
    public static func writeOut(_ descriptor: Int32, _ range: Range<Int64>) {
        _ = cshims_write_out(descriptor, range.lowerBound, Int64(range.count))
    }

    /// `posix_fadvise(2)`: part of a file is not read again soon. Advice: whatever comes of it is fine.
    public static func forget(_ descriptor: Int32, _ range: Range<Int64>) {
        _ = posix_fadvise(descriptor, Int(range.lowerBound), range.count, POSIX_FADV_DONTNEED)
    }
}
