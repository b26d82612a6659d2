import Glibc
import POSIX
import TestSupport
import Testing

/// The tests' own tool, on which the tests of the built program rely.
@Suite struct ChildProcessTests {
    @Test func `a child has exactly the environment it is given`() async throws {
        let result = try await ChildProcess.run("/usr/bin/env", environment: ["B": "2", "A": "1 x"])
        #expect(result.output == "A=1 x\nB=2\n")
        #expect(result.exit == .code(0))
    }

    @Test func `codes and signals are told apart`() async throws {
        #expect(try await ChildProcess.run("/bin/sh", ["-c", "echo no >&2; exit 78"]).exit == .code(78))
        #expect(try await ChildProcess.run("/bin/sh", ["-c", "kill -KILL $$"]).exit == .signal(SIGKILL))
        #expect(throws: SystemError.self) { try ChildProcess("/no/such/program") }
    }

    @Test func `more output than a pipe holds is gathered whole`() async throws {
        let result = try await ChildProcess.run(
            "/bin/sh", ["-c", "head -c 1000000 /dev/zero; head -c 300000 /dev/zero >&2"])
        #expect(result.output.utf8.count == 1_000_000)
        #expect(result.errors.utf8.count == 300_000)
    }

    @Test func `a child inherits no descriptor, and no blocked or ignored signal`() async throws {
        let stray = try check("open") { open("/dev/null", O_RDONLY) }
        defer { close(stray) }
        let result = try await ChildProcess.run("/bin/ls", ["/proc/self/fd"])
        // Three, and the directory that ls reads.
        #expect(result.output.split(separator: "\n") == ["0", "1", "2", "3"])
        let status = try await ChildProcess.run("/bin/grep", ["-E", "Sig(Blk|Ign)", "/proc/self/status"])
        let masks = status.output.split(separator: "\n").compactMap { line in
            line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        }
        // Without 32 and 33, which are glibc's own.
        #expect(masks.map { $0 & 0x7fff_ffff } == [0, 0], "\(status.output)")
    }

    @Test func `sockets are passed as systemd passes them`() async throws {
        let first = try check("open") { open("/dev/null", O_RDONLY | O_CLOEXEC) }
        let second = try check("open") { open("/dev/zero", O_RDONLY | O_CLOEXEC) }
        defer {
            close(first)
            close(second)
        }
        let script = "echo $LISTEN_FDS $LISTEN_FDNAMES $$ $LISTEN_PID; readlink /proc/$$/fd/3 /proc/$$/fd/4"
        let child = try ChildProcess(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"],
            sockets: [.init(name: "webhook", descriptor: second), .init(name: "admin", descriptor: first)])
        try await child.waitForExit()
        #expect(child.output == "2 webhook:admin \(child.pid) \(child.pid)\n/dev/zero\n/dev/null\n")
    }

    @Test func `signals reach the child, and its output is seen as it comes`() async throws {
        let child = try ChildProcess(
            "/bin/sh", ["-c", "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.01; done"],
            environment: ["PATH": "/usr/bin:/bin"])
        try await child.waitForOutput(containing: "ready")
        #expect(child.exit == nil)
        child.signal(SIGTERM)
        #expect(try await child.waitForExit() == .code(3))
        #expect(child.output == "ready\ngot it\n")
        child.signal(SIGTERM)
    }

    @Test func `waiting for what an ended program never wrote fails at once`() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "echo other"])
        let error = try await #require(throws: DeadlinePassed.self) {
            try await child.waitForOutput(containing: "ready", within: .seconds(3600))
        }
        #expect(error.what.contains("other"))
    }

    @Test func `a child that is let go does not live on`() async throws {
        var child: ChildProcess? = try ChildProcess("/bin/sh", ["-c", "echo up; read x < /dev/zero; sleep 1000"])
        let pid = try #require(child?.pid)
        child = nil
        #expect(kill(pid, 0) == -1)
    }

    @Test func `a temporary directory goes with all in it`() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory?.path)
        try directory?.makeDirectory("a")
        try directory?.write("text", to: "a/b")
        symlink("/etc", "\(path)/link")
        #expect(try directory?.readText("a/b") == "text")
        #expect(try directory?.names() == ["a", "link"])
        #expect(try directory?.names(in: "a") == ["b"])
        directory = nil
        #expect(access(path, F_OK) == -1)
        #expect(access("/etc/passwd", F_OK) == 0)
    }

    @Test func `what never comes is reported by name`() async throws {
        let error = try await #require(throws: DeadlinePassed.self) {
            try await eventually("Godot", within: .zero) { false }
        }
        #expect(error.description == "waited in vain for Godot")
    }
}
