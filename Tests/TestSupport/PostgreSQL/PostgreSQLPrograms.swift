import Glibc
import Synchronization

/// PostgreSQL's programs, run as somebody whom the server allows to.
struct PostgreSQLPrograms: Sendable {
    private let directory: String
    /// What stands before a command, so that it does not run as root.
    private let prefix: [String]
    private let user: String?

    /// Finds the newest installed version.
    ///
    /// - Throws: `DeadlinePassed` when there is none.
    init() throws {
        let versions = (try? names(in: "/usr/lib/postgresql")) ?? []
        let found = versions.compactMap { name in Int(name).map { ($0, "/usr/lib/postgresql/\(name)/bin") } }
            .filter { access("\($0.1)/postgres", X_OK) == 0 }
        guard let newest = found.max(by: { $0.0 < $1.0 }) else {
            throw DeadlinePassed(what: "/usr/lib/postgresql/*/bin/postgres: install Debian's package postgresql")
        }
        directory = newest.1
        if geteuid() == 0 {
            let name = getpwnam("postgres") == nil ? "nobody" : "postgres"
            user = name
            prefix = [
                "/usr/bin/setpriv", "--reuid=\(name)", "--regid=\(name == "nobody" ? "nogroup" : name)",
                "--clear-groups",
            ]
        } else {
            user = nil
            prefix = []
        }
    }

    /// The path of one of them.
    func path(_ program: String) -> String { "\(directory)/\(program)" }

    /// Makes a file or an empty directory the server's.
    func handOver(_ path: String) throws {
        guard let user, let entry = getpwnam(user) else { return }
        guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw DeadlinePassed(what: "chown \(path) to \(user): \(String(cString: strerror(errno)))")
        }
    }

    /// Starts one of them, or another program by its path, as the server's user. Its process id is the program's own.
    func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let command = prefix + [program.hasPrefix("/") ? program : path(program)] + arguments
        return try ChildProcess(
            command[0], Array(command.dropFirst()), environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"],
            workingDirectory: "/")
    }

    /// Runs one of them to its good end.
    @discardableResult
    func run(_ program: String, _ arguments: [String]) async throws -> String {
        let child = try start(program, arguments)
        guard try await child.waitForExit() == .code(0) else {
            throw DeadlinePassed(what: "\(program) \(arguments.joined(separator: " ")): \(child.errors)")
        }
        return child.output
    }
}

/// A cluster as `initdb` makes it, made once for all tests of the process, and copied for each.
enum PostgreSQLTemplate {
    private static let made = Mutex<Task<TemporaryDirectory, any Error>?>(nil)

    /// Copies it to a path that does not exist yet, below a directory that is the server's.
    static func copy(to path: String, _ programs: PostgreSQLPrograms) async throws {
        let task = made.withLock { made in
            let task = made ?? Task { try await make(programs) }
            // A static value is never given up by itself.
            if made == nil { atexit { PostgreSQLTemplate.made.withLock { $0 = nil } } }
            made = task
            return task
        }
        try await programs.run("/bin/cp", ["-a", "--reflink=auto", task.value.path(of: "data"), path])
    }

    private static func make(_ programs: PostgreSQLPrograms) async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try programs.handOver(directory.path)
        try await programs.run(
            "initdb",
            [
                "-D", directory.path(of: "data"), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C",
                "--no-sync",
                "--wal-segsize=1",
            ])
        return directory
    }
}
