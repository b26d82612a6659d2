import Glibc
import POSIX
import TestSupport
import Testing

struct SubprocessTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        // As the daemon does: a program need not read its input.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Runs a shell script, which is a program like any other.
    private func run(
        _ script: String, input: [UInt8] = [], timeout: Duration = .seconds(600), limit: Int = 1000,
        isCancelled: () -> Bool = { false }
    ) throws -> (exit: Subprocess.Exit, output: String) {
        let path = try directory.write("#!/bin/sh\n\(script)\n", to: "program", mode: 0o700)
        let program = Subprocess(
            path: path, environment: ["PATH=/usr/bin:/bin", "WEBHOOK_ID=msg_1"], input: input, timeout: timeout,
            outputLimit: limit)
        var result = attempt(program, isCancelled)
        // Another test's child was born while the script was open, and has not come to its own program yet.
        while case .failure(let error) = result, error.errno == ETXTBSY {
            usleep(1000)
            result = attempt(program, isCancelled)
        }
        let (exit, output) = try result.get()
        return (exit, String(decoding: output, as: UTF8.self))
    }

    private func attempt(
        _ program: Subprocess, _ isCancelled: () -> Bool
    ) -> Result<(exit: Subprocess.Exit, output: [UInt8]), SystemError> {
        do throws(SystemError) { return .success(try program.run(isCancelled: isCancelled)) } catch {
            return .failure(error)
        }
    }

    @Test func `a program gets its input, and its output and exit code come back`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let large = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            let count = try run("wc -c; echo problem >&2; exit 7", input: large)
            #expect(count.exit == .code(7))
            #expect(count.output == "1048576\nproblem\n")
        }
    }

    @Test func `a program has the environment that was given, and no descriptor but the standard three`() async throws {
        // One that a child would inherit.
        let open = dup(1)
        defer { close(open) }
        try await withTaskExecutorPreference(ClientExecutor()) {
            let result = try run(
                "env | grep -v -e PWD= -e _= -e SHLVL= -e OLDPWD= | sort; ls /proc/self/fd | tr '\n' ' '")
            // The last one is the listing's own.
            #expect(result.output == "PATH=/usr/bin:/bin\nWEBHOOK_ID=msg_1\n0 1 2 3 ", "\(result.output)")
        }
    }

    @Test func `output beyond the limit is dropped, and a program that reads no input is not waited for`() async throws
    {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let large = [UInt8](repeating: 0, count: 1 << 20)
            let result = try run("head -c 3000000 /dev/zero | tr '\\0' y; exec 0<&-; exit 3", input: large, limit: 10)
            #expect(result.exit == .code(3))
            #expect(result.output == "yyyyyyyyyy")
        }
    }

    @Test func `a program that takes too long is killed with all that it started`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let result = try run("sleep 1000 & echo $! ; trap '' TERM; wait", timeout: .milliseconds(300))
            #expect(result.exit == .timeout)
            let child = try #require(pid_t(result.output.split(separator: "\n").first ?? ""))
            // Whoever inherits it reaps it; until then it is a zombie.
            try await eventually("the child is gone") {
                let stat = (try? readFile("/proc/\(child)/stat")).map { String(decoding: $0, as: UTF8.self) }
                return stat == nil || stat?.contains(") Z ") == true
            }
        }
    }

    @Test func `what a program has left behind in its group ends with it, and the session is its own`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let result = try run("sleep 1000 & echo $! $$ $(cut -d ' ' -f 6 /proc/$$/stat); exit 7")
            #expect(result.exit == .code(7))
            let words = result.output.split { $0 == " " || $0 == "\n" }
            #expect(words.count == 3 && words[1] == words[2], "\(result.output)")
            let child = try #require(words.first.flatMap { pid_t($0) })
            try await eventually("the child is gone") {
                let stat = (try? readFile("/proc/\(child)/stat")).map { String(decoding: $0, as: UTF8.self) }
                return stat == nil || stat?.contains(") Z ") == true
            }
        }
    }

    /// Read as fast as it is written, this would be done in a moment, and the processors with it.
    @Test func `a program that writes without end gets rid of little in its time`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let result = try run("exec head -c 100000000 /dev/zero", timeout: .seconds(2))
            #expect(result.exit == .timeout)
            #expect(result.output.utf8.count == 1000)
        }
    }

    @Test func `a program that its caller wants no longer is killed`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            var asked = 0
            let result = try run("sleep 1000") {
                asked += 1
                return asked > 3
            }
            #expect(result.exit == .cancelled)
        }
    }

    @Test func `a program that a signal ends, and one that is not there, are told`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let killed = try run("kill -9 $$")
            #expect(killed.exit == .signal(SIGKILL))
            let missing = Subprocess(path: "/no/such", environment: [], input: [], timeout: .seconds(1), outputLimit: 1)
            do throws(SystemError) {
                _ = try missing.run { false }
                Issue.record("it ran")
            } catch {
                #expect(error.errno == ENOENT)
            }
        }
    }

    @Test func `a background process that holds the output open does not hold up the end`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            let result = try run("sleep 3 & echo done; exit 0")
            #expect(result.exit == .code(0))
            #expect(result.output == "done\n")
        }
    }
}
