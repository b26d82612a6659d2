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
}
