public import Glibc

/// File system calls, one function each, named after its C twin. Paths are relative to an open directory.
public enum FileCalls {
    /// `open(2)` of a directory, for the calls below; always close-on-exec. Where no link is to be followed, one in the place of the last
    /// name is `ELOOP`, whatever the kernel calls it; no slash may stand behind that name.
    public static func openDirectory(_ path: String, followsLink: Bool = true) throws(SystemError) -> Int32 {
        do {
            return try check("open", path) {
                open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW))
            }
        } catch {
            let isLink = !followsLink && error.errno == ENOTDIR && isLink(path)
            throw isLink ? SystemError(call: "open", errno: ELOOP, subject: path) : error
        }
    }

    /// `lstat(2)`: whether the last name of a path is a symbolic link.
    public static func isLink(_ path: String) -> Bool {
        var result = stat()
        return lstat(path, &result) == 0 && result.st_mode & S_IFMT == S_IFLNK
    }

    /// `mkdirat(2)`.
    public static func mkdirat(_ directory: Int32, _ name: String, mode: mode_t = 0o700) throws(SystemError) {
        _ = try check("mkdir", name) { Glibc.mkdirat(directory, name, mode) }
    }

    /// `mkdir(2)`; an existing directory is fine.
    public static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        do { _ = try check("mkdir", path) { mkdir(path, mode) } } catch {
            if error.errno != EEXIST { throw error }
        }
    }

    /// `remove(3)` of a file or a directory; one that is not empty stays.
    public static func remove(_ path: String) { _ = Glibc.remove(path) }

    /// The same of a directory that is open.
    public static func requireWritableDirectory(_ descriptor: Int32) throws(SystemError) {
        _ = try check("faccessat") { faccessat(descriptor, ".", R_OK | W_OK | X_OK, AT_EACCESS) }
    }

    /// `faccessat(2)` with the effective user: throws unless files can be listed, made and removed in a directory.
    public static func requireWritableDirectory(_ path: String) throws(SystemError) {
        // With the dot, a file is no directory, rather than one that may not be searched.
        _ = try check("faccessat", path) { faccessat(AT_FDCWD, "\(path)/.", R_OK | W_OK | X_OK, AT_EACCESS) }
    }

    /// `openat(2)`; always close-on-exec.
    public static func openat(
        _ directory: Int32, _ name: String, _ flags: Int32, mode: mode_t = 0o600
    ) throws(SystemError) -> Int32 {
        try check("openat", name) { Glibc.openat(directory, name, flags | O_CLOEXEC, mode) }
    }

    /// `close(2)`. Linux frees the descriptor whatever it answers, so there is nothing to handle.
    public static func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }

    /// `pread(2)` of up to `count` bytes; fewer at the end of the file.
    public static func pread(_ descriptor: Int32, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                do throws(SystemError) {
                    let got = try check("pread") {
                        Glibc.pread(descriptor, buffer.baseAddress! + filled, count - filled, Int(offset) + filled)
                    }
                    if got == 0 { break }
                    filled += got
                } catch {
                    failure = error
                    break
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// `posix_fadvise(2)`: nothing need be read ahead of what is asked for.
    public static func readNothingAhead(_ descriptor: Int32) {
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
    }

    /// `pwrite(2)`; returns how many bytes were taken, which may be fewer than given.
    public static func pwrite(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError)
        -> Int
    {
        var failure: SystemError?
        let written = bytes.withUnsafeBytes { buffer in
            do throws(SystemError) {
                return try check("pwrite") { Glibc.pwrite(descriptor, buffer.baseAddress, buffer.count, Int(offset)) }
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return written
    }

    /// `fdatasync(2)`: the data, and the size if it changed, are on the disk when it returns.
    public static func fdatasync(_ descriptor: Int32) throws(SystemError) {
        _ = try check("fdatasync") { Glibc.fdatasync(descriptor) }
    }

    /// `fsync(2)`: for a directory, its entries are on the disk when it returns.
    public static func fsync(_ descriptor: Int32) throws(SystemError) {
        _ = try check("fsync") { Glibc.fsync(descriptor) }
    }

    /// `futimens(2)`: a file was changed now. Without effect where that is refused.
    public static func touch(_ descriptor: Int32) { _ = futimens(descriptor, nil) }

    /// `ftruncate(2)`.
    public static func ftruncate(_ descriptor: Int32, to length: Int64) throws(SystemError) {
        _ = try check("ftruncate") { Glibc.ftruncate(descriptor, Int(length)) }
    }

    /// `renameat(2)` within one directory.
    public static func renameat(_ directory: Int32, _ old: String, _ new: String) throws(SystemError) {
        _ = try check("renameat", old) { Glibc.renameat(directory, old, directory, new) }
    }

    /// `unlinkat(2)` of a file.
    public static func unlinkat(_ directory: Int32, _ name: String) throws(SystemError) {
        _ = try check("unlinkat", name) { Glibc.unlinkat(directory, name, 0) }
    }

    /// `fstat(2)`.
    public static func fstat(_ descriptor: Int32) throws(SystemError) -> stat {
        var result = stat()
        _ = try check("fstat") { Glibc.fstat(descriptor, &result) }
        return result
    }

    /// `fstatat(2)`: whether every user may read a file, as far as its own mode goes.
    public static func isReadableByAll(_ path: String) throws(SystemError) -> Bool {
        var result = stat()
        _ = try check("fstatat", path) { Glibc.fstatat(AT_FDCWD, path, &result, 0) }
        return result.st_mode & S_IROTH != 0
    }

    /// What an unprivileged writer may still use of the file system, in bytes (`fstatvfs(3)`).
    public static func freeBytes(_ descriptor: Int32) throws(SystemError) -> Int64 {
        var result = statvfs()
        _ = try check("fstatvfs") { Glibc.fstatvfs(descriptor, &result) }
        return Int64(clamping: result.f_bavail) &* Int64(clamping: result.f_frsize)
    }

    /// `flock(2)` without waiting, exclusive unless it is to be shared; false when another process is in the way.
    public static func lock(_ descriptor: Int32, isShared: Bool = false) throws(SystemError) -> Bool {
        do {
            _ = try check("flock") { flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
            return true
        } catch {
            if error.errno == EWOULDBLOCK { return false }
            throw error
        }
    }

    /// The names in a directory but for `.` and `..`, sorted.
    public static func names(in path: String) throws(SystemError) -> [String] {
        let directory = try openDirectory(path)
        defer { close(directory) }
        return try names(in: directory)
    }

    /// The same of a directory that is open.
    public static func names(in directory: Int32) throws(SystemError) -> [String] {
        // One of its own, since a stream has a position, and is closed.
        let copy = try openat(directory, ".", O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(copy) else {
            let error = errno
            close(copy)
            throw SystemError(call: "fdopendir", errno: error)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // The end and a failure answer alike; only this tells them apart (readdir(3)).
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw SystemError(call: "readdir", errno: errno) }
        return names.sorted()
    }

    /// `fsync(2)` of the directory in which a directory stands: its own name is on the disk when it returns. Who may not open
    /// that directory has not made the name either.
    public static func synchronizeParent(of directory: Int32) throws(SystemError) {
        let parent: Int32
        do throws(SystemError) { parent = try openat(directory, "..", O_RDONLY | O_DIRECTORY) } catch {
            if error.errno == EACCES { return }
            throw error
        }
        defer { close(parent) }
        try fsync(parent)
    }

    /// The same of the directory in which a normalized path's last name stands, whatever has that name now.
    public static func synchronizeParent(of path: String) throws(SystemError) {
        let parent = try openDirectory(parent(of: path))
        defer { close(parent) }
        try fsync(parent)
    }

    /// A whole file's content, at most `limit` bytes of it.
    public static func read(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        let descriptor = try check("open", path) { open(path, O_RDONLY | O_CLOEXEC) }
        defer { close(descriptor) }
        // Not every file that can be read has a size or an offset (a pipe, /proc): read(2) until it ends.
        var content: [UInt8] = []
        while content.count < limit {
            var chunk = [UInt8](repeating: 0, count: min(65536, limit - content.count))
            let count = try check("read", path) { Glibc.read(descriptor, &chunk, chunk.count) }
            if count == 0 { break }
            content += chunk[..<count]
        }
        return content
    }
}
