package import Glibc
package import POSIX

/// A fresh directory that is removed, with all in it, when the last reference goes.
///
/// Its path is short, so that a Unix socket in it stays within the 107 bytes of `sun_path`.
package final class TemporaryDirectory: Sendable {
    /// The absolute path, without a slash at the end.
    package let path: String

    /// Makes the directory, with mode 0700, in `parent`.
    package init(in parent: String = "/tmp") throws(SystemError) {
        var template = Array("\(parent)/ecp-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
        guard made != nil else { throw SystemError(call: "mkdtemp", errno: errno, subject: parent) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { remove(tree: path) }

    /// The absolute path of `name` in this directory.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// Makes the directory `name` in this one, and answers its absolute path.
    @discardableResult
    package func makeDirectory(_ name: String, mode: mode_t = 0o755) throws(SystemError) -> String {
        let path = path(of: name)
        _ = try check("mkdir", path) { mkdir(path, mode) }
        return path
    }

    /// Writes `bytes` as the whole content of the file `name`, and answers its absolute path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o644) throws(SystemError) -> String {
        let path = path(of: name)
        let file = try check("open", path) { open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            written += try check("write", path) {
                bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, $0.count - written) }
            }
        }
        return path
    }

    /// Writes `text` as the whole content of the file `name`, and answers its absolute path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: mode_t = 0o644) throws(SystemError) -> String {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    /// The whole content of the file `name`.
    package func read(_ name: String) throws(SystemError) -> [UInt8] { try readFile(path(of: name)) }

    /// The whole content of the file `name`, as text.
    package func readText(_ name: String) throws(SystemError) -> String {
        String(decoding: try read(name), as: UTF8.self)
    }

    /// The names in this directory, or in the directory `name` in it, sorted, without `.` and `..`.
    package func names(in name: String? = nil) throws(SystemError) -> [String] {
        try TestSupport.names(in: name.map(path(of:)) ?? path)
    }
}

/// The names in a directory, sorted, without `.` and `..`.
func names(in directory: String) throws(SystemError) -> [String] {
    guard let names = entries(of: directory) else {
        throw SystemError(call: "opendir", errno: errno, subject: directory)
    }
    return names.sorted()
}

/// The whole content of a file.
package func readFile(_ path: String) throws(SystemError) -> [UInt8] {
    let file = try check("open", path) { open(path, O_RDONLY | O_CLOEXEC) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = try check("read", path) { read(file, &chunk, chunk.count) }
        if count == 0 { return bytes }
        bytes += chunk[..<count]
    }
}

/// The names in a directory but for `.` and `..`; nil when it cannot be opened, with `errno` set.
private func entries(of path: String) -> [String]? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// Removes a file, or a directory with all in it. Symbolic links are removed, not followed.
private func remove(tree path: String) {
    if unlink(path) == 0 { return }
    for name in entries(of: path) ?? [] { remove(tree: "\(path)/\(name)") }
    rmdir(path)
}
