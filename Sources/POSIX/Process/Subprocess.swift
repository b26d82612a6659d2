import CShims
import Glibc

/// A program that is run to its end: fed from memory, bounded in time and output. What it has started in its process group is killed with it,
/// or when it has ended; what made a group of its own is for others to end, as systemd does with the service.
public struct Subprocess: Sendable {
    /// How it ended.
    public enum Exit: Hashable, Sendable {
        /// With a code.
        case code(Int32)
        /// By a signal that somebody sent.
        case signal(Int32)
        /// It took too long, and was killed.
        case timeout
        /// Nobody wanted it any more, and it was killed.
        case cancelled
    }

    /// The program's file.
    public var path: String
    /// All of its environment, each `NAME=value`.
    public var environment: [String]
    /// What it reads on its standard input.
    public var input: [UInt8]
    /// How long it may take.
    public var timeout: Duration
    /// So much of what it writes to standard output and error is kept, in bytes; the rest is read at a bounded rate, and forgotten.
    public var outputLimit: Int

    /// Sets all of them.
    public init(path: String, environment: [String], input: [UInt8], timeout: Duration, outputLimit: Int) {
        self.path = path
        self.environment = environment
        self.input = input
        self.timeout = timeout
        self.outputLimit = outputLimit
    }

    /// Runs it, without arguments, in a session of its own, with no descriptor but the standard three. Blocks until it has
    /// ended; `isCancelled` is asked many times a second. The caller ignores `SIGPIPE`, the program does not.
    public func run(isCancelled: () -> Bool) throws(SystemError) -> (exit: Exit, output: [UInt8]) {
        let input = try Pipe()
        let output: Pipe
        do { output = try Pipe() } catch {
            // Short of descriptors, each failed run would take two more.
            input.read.close()
            input.write.close()
            throw error
        }
        input.write.doNotBlock()
        output.read.doNotBlock()
        let child = try spawn(input, output)
        input.read.close()
        output.write.close()
        var feed = Feed(bytes: self.input, descriptor: input.write)
        var sink = Sink(descriptor: output.read, limit: outputLimit)
        defer {
            feed.end()
            output.read.close()
            child.end?.close()
        }
        let deadline = Clock.monotonic() + timeout.nanoseconds
        while true {
            if let exit = child.reap() {
                // What it wrote last may still be in the pipe.
                sink.isResting = false
                sink.read()
                return (exit, sink.kept)
            }
            if isCancelled() { return (child.kill(.cancelled), sink.kept) }
            if Clock.monotonic() >= deadline { return (child.kill(.timeout), sink.kept) }
            wait(for: child, sink, feed)
            feed.write()
            sink.read()
        }
    }

    // MARK: Its descriptors

    private struct End {
        let number: Int32
        func close() { _ = Glibc.close(number) }
        /// For the end that stays here: the program's own must block, as it expects.
        func doNotBlock() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }
    }

    /// Both ends are closed by exec.
    private struct Pipe {
        let read: End
        let write: End

        init() throws(SystemError) {
            var ends: [Int32] = [0, 0]
            _ = try check("pipe2") { cshims_pipe2(&ends, O_CLOEXEC) }
            (read, write) = (End(number: ends[0]), End(number: ends[1]))
        }
    }

    /// What is left to be written to the program.
    private struct Feed {
        let bytes: [UInt8]
        let descriptor: End
        var written = 0
        var isDone = false

        mutating func write() {
            while !isDone, written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor.number, $0.baseAddress! + written, $0.count - written)
                }
                if count < 0 {
                    // Full for now; or it reads no more, which is its own affair.
                    if errno == EAGAIN || errno == EINTR { return }
                    return end()
                }
                written += count
            }
            end()
        }

        mutating func end() {
            if !isDone { descriptor.close() }
            isDone = true
        }
    }

    /// What the program writes.
    private struct Sink {
        let descriptor: End
        let limit: Int
        var kept: [UInt8] = []
        /// Whether it has just read as much as a pipe holds: whoever writes without end is let wait, which costs neither of the two much.
        var isResting = false
        var isDone = false

        mutating func read() {
            var buffer = [UInt8](repeating: 0, count: 4096)
            if isResting || isDone { return isResting = false }
            for _ in 0..<16 {
                let count = Glibc.read(descriptor.number, &buffer, buffer.count)
                if count == 0 { isDone = true }
                guard count > 0 else { return }
                kept += buffer.prefix(min(count, max(0, limit - kept.count)))
            }
            isResting = true
        }
    }

    /// Until it has ended, or something can be read or written, but not for long.
    private func wait(for child: Child, _ sink: Sink, _ feed: Feed) {
        // Negative numbers are passed over.
        var ends = [
            pollfd(fd: child.end?.number ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: sink.isResting || sink.isDone ? -1 : sink.descriptor.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: feed.isDone || sink.isResting ? -1 : feed.descriptor.number, events: Int16(POLLOUT), revents: 0),
        ]
        _ = poll(&ends, nfds_t(ends.count), 20)
    }

    // MARK: The process

    private struct Child {
        let number: pid_t
        /// Can be read once it has ended; nil where Linux knows no such descriptors: then it is looked at again and again.
        let end: End?

        init(number: pid_t) {
            self.number = number
            let descriptor = cshims_pidfd_open(number)
            end = descriptor < 0 ? nil : End(number: descriptor)
        }

        /// How it ended, with all that it left in its group; nil while it runs.
        func reap() -> Exit? {
            var news = siginfo_t()
            guard waitid(P_PID, id_t(number), &news, WEXITED | WNOHANG | WNOWAIT) == 0, news.si_signo != 0 else {
                return nil
            }
            return Self.exit(killGroup())
        }

        /// Kills it and all that is in its group.
        func kill(_ exit: Exit) -> Exit {
            _ = killGroup()
            return exit
        }

        /// The group's number is not given to another before the program itself is reaped.
        private func killGroup() -> Int32 {
            _ = Glibc.kill(-number, SIGKILL)
            var status: Int32 = 0
            while waitpid(number, &status, 0) == -1, errno == EINTR {}
            return status
        }

        private static func exit(_ status: Int32) -> Exit {
            let signal = status & 0x7F
            return signal == 0 ? .code(status >> 8 & 0xFF) : .signal(signal)
        }
    }

    private func spawn(_ input: Pipe, _ output: Pipe) throws(SystemError) -> Child {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input.read.number, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write.number, 1)
        posix_spawn_file_actions_adddup2(&actions, output.write.number, 2)
        _ = cshims_close_from(&actions, 3)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags) | Int16(cshims_spawn_setsid))
        var number: pid_t = 0
        var arguments = [strdup(path), nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        let error = posix_spawn(&number, path, &actions, &attributes, &arguments, &variables)
        guard error == 0 else {
            for end in [input.read, input.write, output.read, output.write] { end.close() }
            throw SystemError(call: "posix_spawn", errno: error, subject: path)
        }
        return Child(number: number)
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
