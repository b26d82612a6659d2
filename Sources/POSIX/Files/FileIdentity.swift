import Glibc

/// Which file it is, whatever name it has. While it is open, no other gets the same.
public struct FileIdentity: Hashable, Sendable {
    private let device: dev_t
    private let inode: ino_t

    fileprivate init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
    }
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

    /// Where an open file is now, by whatever name somebody has given it since; nil when it has none.
    public static func path(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { buffer in
            readlink(
                "/proc/self/fd/\(descriptor)", buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard count > 0 else { return nil }
        let path = String(decoding: bytes.prefix(count), as: UTF8.self)
        // Behind a path that leads nowhere any more, the kernel adds a word.
        guard let there = try? identity(of: path), there == (try? identity(descriptor)) else { return nil }
        return path
    }
}
