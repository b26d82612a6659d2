import CShims
import Glibc

extension FileCalls {
    /// A path without what means nothing in it: slashes at the end, two in a row, and `.`.
    public static func normalized(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return path.hasPrefix("/") ? "/\(parts)" : parts.isEmpty ? "." : parts
    }

    /// The directory in which a normalized path's last name stands.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `stat(2)` of both: whether two paths lead to different file systems.
    public static func isOtherFileSystem(_ path: String, _ other: String) throws(SystemError) -> Bool {
        var (first, second) = (Glibc.stat(), Glibc.stat())
        _ = try check("stat", path) { stat(path, &first) }
        _ = try check("stat", other) { stat(other, &second) }
        return first.st_dev != second.st_dev
    }

    /// `realpath(3)`: where a path leads, without symbolic links, but for one in the place of its last name that is not to be followed.
    /// What has that name need not be there.
    public static func resolved(_ path: String, followsLink: Bool = true) throws(SystemError) -> String {
        let path = normalized(path)
        let parent = parent(of: path)
        let name = path.split(separator: "/").last ?? "."
        let isPlain = path != parent && name != ".."
        if followsLink || !isPlain {
            if let whole = realpath(path, nil) {
                defer { free(whole) }
                return String(cString: whole)
            }
            let error = errno
            guard error == ENOENT, isPlain else { throw SystemError(call: "realpath", errno: error, subject: path) }
        }
        let place = try resolved(parent)
        return "\(place == "/" ? "" : place)/\(name)"
    }

    /// Whether a resolved path is a directory, or leads to something in it.
    public static func isWithin(_ path: String, _ directory: String) throws(SystemError) -> Bool {
        guard let identity = try identity(of: directory) else { return false }
        var path = path
        while true {
            if try self.identity(of: path) == identity { return true }
            if path == "/" || path == "." { return false }
            path = parent(of: path)
        }
    }

    /// `renameat2(2)`: each of two paths leads to what the other did, at once.
    public static func exchange(_ path: String, _ other: String) throws(SystemError) {
        _ = try check("renameat2", path) { cshims_exchange(path, other) }
    }

    /// `renameat2(2)`: what a path leads to has another name, which must be free.
    public static func rename(_ path: String, toFree other: String) throws(SystemError) {
        _ = try check("renameat2", other) { cshims_rename_to_free(path, other) }
    }
}
