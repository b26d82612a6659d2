import Glibc
import POSIX

extension PostgreSQLServer {
    /// The processes that a process has started, from /proc.
    static func children(of parent: pid_t) -> [pid_t] {
        let numbers = ((try? names(in: "/proc")) ?? []).compactMap { pid_t($0) }
        return numbers.filter { status(of: $0)?.parent == parent }
    }

    /// Whether there still is more of it than its entry in the table of processes.
    static func isRunning(_ pid: pid_t) -> Bool { status(of: pid).map { $0.state != "Z" && $0.state != "X" } ?? false }

    /// proc(5): `PID (NAME) STATE PARENT …`, where the name may hold anything.
    private static func status(of pid: pid_t) -> (state: Substring, parent: pid_t)? {
        guard let bytes = try? readFile("/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        return (fields[0], parent)
    }
}
