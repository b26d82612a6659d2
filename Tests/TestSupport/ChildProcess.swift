import Dispatch
package import Glibc
package import POSIX
import Synchronization

/// A program run by a test: exactly the environment it is given, its output gathered as it comes, and ended with the test.
///
/// The child inherits no descriptor but its standard ones and those it is given, and starts with every signal unblocked
/// and at its default. Its output is read all the time, so a full pipe never holds it up.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Exit: Hashable, Sendable {
        /// It returned, or called `exit`, with this code.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    /// A listening socket to pass as systemd does.
    package struct PassedSocket: Sendable {
        /// What `FileDescriptorName=` would say.
        package let name: String
        /// The descriptor in this process; it stays open here.
        package let descriptor: Int32

        package init(name: String, descriptor: Int32) {
            self.name = name
            self.descriptor = descriptor
        }
    }

    /// What a finished program left behind.
    package struct Result: Hashable, Sendable {
        /// How it ended.
        package let exit: Exit
        /// All it wrote to its standard output.
        package let output: String
        /// All it wrote to its standard error.
        package let errors: String
    }

    /// The process id. It is not reused before this object has seen the end of the process.
    package let pid: pid_t
    private let outputStream: CapturedStream
    private let errorStream: CapturedStream
    private let ended = Mutex<Exit?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: a path; `PATH` is not searched.
    ///   - arguments: without the program's name.
    ///   - environment: all of it.
    ///   - workingDirectory: the directory to start in; this process's own when nil.
    ///   - sockets: passed from descriptor 3 on, with `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`.
    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, sockets: [PassedSocket] = []
    ) throws(SystemError) {
        var command = [executable] + arguments
        var environment = environment
        if !sockets.isEmpty {
            // Only the child knows its process id in time, and exec keeps it.
            command = ["/bin/sh", "-c", "export LISTEN_PID=$$; exec \"$@\"", "sh"] + command
            environment["LISTEN_FDS"] = "\(sockets.count)"
            environment["LISTEN_FDNAMES"] = sockets.map(\.name).joined(separator: ":")
        }
        let (output, outputEnd) = try makePipe()
        let (errors, errorEnd) = try makePipe()
        // The streams own their descriptors from here on, whether or not the start succeeds.
        outputStream = CapturedStream(reading: output)
        errorStream = CapturedStream(reading: errors)
        defer {
            close(outputEnd)
            close(errorEnd)
        }
        pid = try spawn(
            command, environment: environment, workingDirectory: workingDirectory,
            descriptors: [nil, outputEnd, errorEnd] + sockets.map(\.descriptor))
    }

    deinit {
        guard poll() == nil else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
    }

    /// What the program has written to its standard output so far.
    package var output: String { outputStream.text }

    /// What the program has written to its standard error so far.
    package var errors: String { errorStream.text }

    /// How the program ended, or nil while it runs.
    package var exit: Exit? { poll() }

    /// Sends a signal, e.g. `SIGTERM`; nothing once the program has ended.
    package func signal(_ number: Int32) {
        ended.withLock { ended in
            // Under the lock, so that the id cannot have been reaped and given to somebody else.
            if ended == nil { kill(pid, number) }
        }
    }

    /// Waits until the program has ended and its output is complete.
    ///
    /// A grandchild that keeps the output open is waited for only until the deadline.
    @discardableResult
    package func waitForExit(
        within duration: Duration = Deadline.patience, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Exit {
        let deadline = Deadline(after: duration)
        let exit = try await eventualValue("the end of process \(pid); \(soFar)", within: duration) { poll() }
        while !(outputStream.isComplete && errorStream.isComplete) && !deadline.hasPassed {
            try await Task.sleep(for: .milliseconds(2))
        }
        return exit
    }

    /// Ends the program as systemd does, and waits until its output is complete.
    ///
    /// What a running program has written to one stream says nothing of what has been read from the other: who compares
    /// the whole of both does it behind this.
    @discardableResult
    package func end(isolation: isolated (any Actor)? = #isolation) async throws -> Exit {
        signal(SIGTERM)
        return try await waitForExit()
    }

    /// Waits until standard output or standard error holds `text`.
    ///
    /// - Throws: `DeadlinePassed` with all output so far, at once when the program ends without having written it.
    package func waitForOutput(
        containing text: String, within duration: Duration = Deadline.patience,
        isolation: isolated (any Actor)? = #isolation
    ) async throws {
        try await eventually("\"\(text)\"; \(soFar)", within: duration) {
            let complete = outputStream.isComplete && errorStream.isComplete
            if outputStream.text.contains(text) || errorStream.text.contains(text) { return true }
            if complete { throw DeadlinePassed(what: "\"\(text)\", and the program ended; \(soFar)") }
            return false
        }
    }

    /// Runs a program to its end.
    ///
    /// - Throws: `SystemError` when it cannot be started, `DeadlinePassed` when it does not end; then it is killed.
    package static func run(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, within duration: Duration = Deadline.patience,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> Result {
        let child = try ChildProcess(
            executable, arguments, environment: environment, workingDirectory: workingDirectory)
        let exit = try await child.waitForExit(within: duration)
        return Result(exit: exit, output: child.output, errors: child.errors)
    }

    private var soFar: String { "its output so far:\n\(output)\nits errors so far:\n\(errors)" }

    /// Reaps the process if it has ended.
    private func poll() -> Exit? {
        ended.withLock { ended in
            if ended != nil { return ended }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            // wait(2): the low seven bits are the signal, the next byte the code.
            let signal = status & 0x7f
            ended = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
            return ended
        }
    }
}

/// The path of a program built beside the running tests, whatever the configuration and scratch path.
///
/// - Throws: `SystemError` with the path looked at when it has not been built.
package func builtBinary(named name: String) throws(SystemError) -> String {
    // On Linux the test bundle is the running executable.
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try check("readlink", "/proc/self/exe") {
        buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    }
    let runner = String(decoding: buffer[..<count], as: UTF8.self)
    let directory = runner[..<(runner.lastIndex(of: "/") ?? runner.startIndex)]
    let path = "\(directory)/\(name)"
    _ = try check("access", path) { access(path, X_OK) }
    return path
}

/// One output of a child, gathered as it comes.
private final class CapturedStream: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isComplete = false
    }

    private let state = Mutex(State())

    /// Reads `descriptor` until its end, then closes it.
    ///
    /// By a thread that blocks: Dispatch on Linux mishandles a source whose peer hangs up. And by one of its own: Dispatch has
    /// 255 at most, and what the tests test needs some.
    init(reading descriptor: Int32) {
        onThread { [self] in
            while gather(from: descriptor) {}
            close(descriptor)
        }
    }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Whether every writer has closed the stream and all of it is in `text`.
    var isComplete: Bool { state.withLock { $0.isComplete } }

    /// Takes what comes next; returns false at the end of the stream.
    private func gather(from descriptor: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { return true }
        return state.withLock { state in
            state.bytes += chunk[..<max(count, 0)]
            state.isComplete = count <= 0
            return count > 0
        }
    }
}

/// A pipe, both ends close-on-exec.
private func makePipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    _ = try check("pipe") { pipe(&ends) }
    for end in ends { _ = try check("fcntl") { fcntl(end, F_SETFD, FD_CLOEXEC) } }
    return (ends[0], ends[1])
}

/// Two file actions of glibc 2.34 that Swift's `Glibc` module does not show.
private enum GNUSpawn {
    typealias Actions = UnsafeMutablePointer<posix_spawn_file_actions_t>

    /// Closes every descriptor from that number on in the child.
    static let addCloseFrom = unsafeBitCast(
        dlsym(nil, "posix_spawn_file_actions_addclosefrom_np"), to: (@convention(c) (Actions, Int32) -> Int32).self)

    /// Changes the child's working directory.
    static let addChangeDirectory = unsafeBitCast(
        dlsym(nil, "posix_spawn_file_actions_addchdir_np"),
        to: (@convention(c) (Actions, UnsafePointer<CChar>) -> Int32).self)
}

/// Starts `command` with `descriptors` as its 0, 1, 2 and so on (nil: `/dev/null`) and no others.
private func spawn(
    _ command: [String], environment: [String: String], workingDirectory: String?, descriptors: [Int32?]
) throws(SystemError) -> pid_t {
    // Copies above every target number, so that placing one never overwrites another.
    var copies: [Int32] = []
    defer { for copy in copies { close(copy) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
        guard let descriptor else {
            posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
            continue
        }
        let copy = try check("fcntl") { fcntl(descriptor, F_DUPFD_CLOEXEC, Int32(descriptors.count)) }
        copies.append(copy)
        posix_spawn_file_actions_adddup2(&actions, copy, Int32(number))
    }
    _ = GNUSpawn.addCloseFrom(&actions, Int32(descriptors.count))
    if let workingDirectory { _ = GNUSpawn.addChangeDirectory(&actions, workingDirectory) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var every = sigset_t()
    var none = sigset_t()
    sigfillset(&every)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &every)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let argv = command.map { strdup($0) } + [nil]
    let envp = variables.map { strdup($0) } + [nil]
    defer { for string in argv + envp { free(string) } }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, command[0], &actions, &attributes, argv, envp)
    guard error == 0 else { throw SystemError(call: "posix_spawn", errno: error, subject: command[0]) }
    return pid
}

extension ChildProcess {
    /// Runs a program to its end on a terminal of its own, with all three streams; line ends are the terminal's, `\r\n`.
    package static func runOnTerminal(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Result {
        let command = ([executable] + arguments).map { "'\($0.replacing("'", with: #"'\''"#))'" }.joined(separator: " ")
        return try await run(
            "/usr/bin/script", ["-q", "-e", "-c", command, "/dev/null"], environment: environment,
            workingDirectory: workingDirectory)
    }
}
