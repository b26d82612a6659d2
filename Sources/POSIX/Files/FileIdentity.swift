import CShims
import Glibc

/// Which file it is, whatever name it has. While it is open, no other gets the same.
public struct FileIdentity: Hashable, Sendable {
    /// The number of the file system's device, which may be another each time it is mounted.
    public let device: Int64
    /// The file's number in its file system.
    public let inode: Int64

    fileprivate init(_ status: stat) {
        device = Int64(bitPattern: UInt64(status.st_dev))
        inode = Int64(bitPattern: UInt64(status.st_ino))
    }
}

/// Where an open file is.
public enum FilePlace: Hashable, Sendable {
    /// It has this path.
    case named(String)
    /// It has its name still, but something has been mounted over it, or over a directory above it.
    case covered
    /// It has no name any more, or nobody can tell.
    case gone
}

extension FileCalls {
    /// `fstat(2)`: which file is open.
    public static func identity(_ descriptor: Int32) throws(SystemError) -> FileIdentity {
        FileIdentity(try fstat(descriptor))
    }

    /// `stat(2)`: which file a path leads to, through symbolic links; nil when it leads nowhere.
    public static func identity(of path: String) throws(SystemError) -> FileIdentity? {
        var result = Glibc.stat()
        do throws(SystemError) { _ = try check("stat", path) { stat(path, &result) } } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
        return FileIdentity(result)
    }

    /// `statx(2)`: when a file was created, in nanoseconds since 1970; nil where the file system does not tell.
    public static func birthTime(of path: String) -> Int64? {
        let time = cshims_birth_time(path)
        return time > 0 ? time : nil
    }

    /// Where an open file is now, by whatever name somebody has given it since.
    public static func place(_ descriptor: Int32) -> FilePlace {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { buffer in
            readlink(
                "/proc/self/fd/\(descriptor)", buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard count > 0 else { return .gone }
        let path = String(decoding: bytes.prefix(count), as: UTF8.self)
        do {
            if try identity(of: path) == identity(descriptor) { return .named(path) }
        } catch { return .gone }
        // Behind a name that has been removed, the kernel adds a word.
        return path.hasSuffix(" (deleted)") || !path.hasPrefix("/") ? .gone : .covered
    }
}
