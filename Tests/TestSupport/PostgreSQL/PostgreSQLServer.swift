package import Glibc
import POSIX
import Synchronization

/// A real PostgreSQL server in a directory of its own, with `fsync` on, ended with the test.
///
/// Its superuser is `postgres`, whom it trusts on its Unix socket. Since the server refuses to run as root, it runs as `postgres` or
/// `nobody` where the tests do.
package final class PostgreSQLServer: Sendable {
    /// Where it listens beside its Unix socket.
    package enum Listening: Sendable {
        /// Nowhere.
        case socketOnly
        /// On 127.0.0.1, without TLS, for passwords (SCRAM).
        case plain
        /// On 127.0.0.1, with TLS only, for passwords (SCRAM).
        case tls(Certificates.Server)
    }

    /// The socket's number, and the port on 127.0.0.1 if it listens there.
    package let port: UInt16
    let directory: TemporaryDirectory
    let programs: PostgreSQLPrograms
    private let listening: Listening
    private let settings: [String: String]
    /// Keeps the port from being given to somebody else while the server is down.
    private let reservation: ReservedPort?
    private let process = Mutex<ChildProcess?>(nil)

    /// Makes a cluster and starts a server on it; returns when it takes connections.
    ///
    /// - Parameter settings: as in `postgresql.conf`, e.g. `["max_connections": "5"]`.
    package convenience init(_ listening: Listening = .socketOnly, settings: [String: String] = [:]) async throws {
        try self.init(stopped: listening, settings: settings)
        try await PostgreSQLTemplate.copy(to: data, programs)
        try await start()
    }

    /// Its directory alone: there is no cluster in it yet.
    init(stopped listening: Listening, settings: [String: String]) throws {
        (self.listening, self.settings) = (listening, settings)
        programs = try PostgreSQLPrograms()
        directory = try TemporaryDirectory()
        switch listening {
        case .socketOnly: reservation = nil
        case .plain, .tls: reservation = try ReservedPort()
        }
        port = reservation?.number ?? 5432
        try programs.handOver(directory.path)
    }

    deinit {
        guard let child = process.withLock({ $0 }), child.exit == nil else { return removeSharedMemory() }
        // A postmaster that is killed outright would leave its shared memory behind.
        for pid in Self.children(of: child.pid) { kill(pid, SIGCONT) }
        child.signal(SIGCONT)
        child.signal(SIGQUIT)
        let deadline = Deadline(after: .seconds(10))
        while child.exit == nil, !deadline.hasPassed { usleep(2000) }
    }

    /// The directory of the cluster.
    var data: String { directory.path(of: "data") }

    /// The directory of its Unix socket.
    package var socketDirectory: String { directory.path }

    /// Its URL on the Unix socket, as the superuser.
    ///
    /// - Parameter query: more keywords, e.g. `&connect_timeout=5`.
    package func url(user: String = "postgres", database: String = "postgres", _ query: String = "") -> String {
        "postgresql://\(user)@/\(database)?host=\(socketDirectory)&port=\(port)\(query)"
    }

    /// What it has logged since it was started last.
    package var log: String { process.withLock { $0 }?.errors ?? "" }

    // MARK: Its life

    /// Starts it, and returns when it takes connections.
    package func start() async throws {
        try writeAccess()
        var all = [
            "unix_socket_directories": socketDirectory, "port": "\(port)", "listen_addresses": "", "fsync": "on",
            "max_connections": "40", "shared_buffers": "16MB", "lc_messages": "C",
        ]
        if reservation != nil { all["listen_addresses"] = "127.0.0.1" }
        if case .tls = listening {
            all.merge(["ssl": "on", "ssl_cert_file": "server.pem", "ssl_key_file": "server.key"]) { $1 }
        }
        all.merge(settings) { $1 }
        let arguments = all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        let child = try programs.start("postgres", ["-D", data] + arguments)
        process.withLock { $0 = child }
        try await eventually("a server that takes connections: \(child.errors)") {
            if let exit = child.exit { throw DeadlinePassed(what: "a server; it ended (\(exit)): \(child.errors)") }
            let ready = ["-q", "-h", socketDirectory, "-p", "\(port)"]
            return try await ChildProcess.run(programs.path("pg_isready"), ready).exit == .code(0)
        }
    }

    /// Ends it in order: connections are closed, everything is written.
    package func stop() async throws { try await end(by: SIGINT) }

    /// Kills it as a power cut would: all its processes at once, without a word.
    package func killNine() async throws {
        guard let child = process.withLock({ $0 }), child.exit == nil else { return }
        // Stopped first, so that it makes no more of them.
        child.signal(SIGSTOP)
        let children = Self.children(of: child.pid)
        // It comes last, or one of them might say in time that it is gone.
        for pid in children { kill(pid, SIGKILL) }
        child.signal(SIGKILL)
        try await child.waitForExit()
        // Until the last is gone, its shared memory keeps the next server from starting.
        try await eventually("the end of the server's processes") { children.allSatisfy { !Self.isRunning($0) } }
    }

    /// What a killed server leaves in the kernel until the next start, should there be none; its number is in line 7 of the lock
    /// file, behind the key.
    private func removeSharedMemory() {
        guard let file = try? directory.readText("data/postmaster.pid") else { return }
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 6, let number = lines[6].split(separator: " ").last.flatMap({ Int32($0) }) else { return }
        shmctl(number, IPC_RMID, nil)
    }

    /// Stops it in order and starts it again.
    package func restart() async throws {
        try await stop()
        try await start()
    }

    private func end(by signal: Int32) async throws {
        guard let child = process.withLock({ $0 }), child.exit == nil else { return }
        child.signal(signal)
        try await child.waitForExit()
    }

    // MARK: What it is told

    /// Runs SQL as the superuser on the Unix socket, each text in a transaction of its own.
    ///
    /// - Returns: rows by lines, columns by `|`, without the last line's end.
    /// - Throws: `DeadlinePassed` with the server's error.
    @discardableResult
    package func execute(_ sql: String..., database: String = "postgres") async throws -> String {
        let options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socketDirectory, "-p", "\(port)"]
        let result = try await ChildProcess.run(
            programs.path("psql"),
            options + ["-U", "postgres", "-d", database] + sql.flatMap { ["-c", $0] })
        guard result.exit == .code(0) else {
            throw DeadlinePassed(what: "\(sql.joined(separator: "; ")): \(result.errors)")
        }
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// Holds the server's process for a session still (`SIGSTOP`), as on a machine that has stopped answering.
    ///
    /// - Parameter pid: as `pg_backend_pid()` gives it.
    package func suspend(backend pid: pid_t) { kill(pid, SIGSTOP) }

    /// Holds all of it still, as on a machine that has stopped answering.
    package func suspend() {
        guard let child = process.withLock({ $0 }), child.exit == nil else { return }
        // Stopped first, so that it makes no more of them.
        child.signal(SIGSTOP)
        for pid in Self.children(of: child.pid) { kill(pid, SIGSTOP) }
    }

    /// Lets all of it go on.
    package func resume() {
        guard let child = process.withLock({ $0 }), child.exit == nil else { return }
        for pid in Self.children(of: child.pid) { kill(pid, SIGCONT) }
        child.signal(SIGCONT)
    }

    /// Lets it go on.
    package func resume(backend pid: pid_t) { kill(pid, SIGCONT) }

    /// Who may come from where.
    private func writeAccess() throws {
        var lines = ["local all all trust", "local replication all trust"]
        switch listening {
        case .socketOnly: break
        case .plain: lines.append("host all all 127.0.0.1/32 scram-sha-256")
        case .tls(let server):
            lines.append("hostssl all all 127.0.0.1/32 scram-sha-256")
            for (source, name) in [(server.certificate, "server.pem"), (server.key, "server.key")] {
                try programs.handOver(directory.write(readFile(source), to: "data/\(name)", mode: 0o600))
            }
        }
        try programs.handOver(directory.write(lines.map { "\($0)\n" }.joined(), to: "data/pg_hba.conf", mode: 0o600))
    }
}
