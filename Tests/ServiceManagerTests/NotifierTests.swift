import Glibc
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import ServiceManager

@Suite struct NotifierTests {
    /// What a notifier hands to `sd_notify`.
    private func messages(_ body: (Notifier) -> Void) -> [String] {
        let sent = Mutex<[String]>([])
        body(
            Notifier { message in
                sent.withLock { $0.append(message) }
                return 1
            })
        return sent.withLock { $0 }
    }

    @Test func `assignments are spelled as the protocol has them`() {
        let sent = messages {
            $0.send(.ready, .status("listening"))
            $0.send(.stopping)
            $0.send(.watchdog)
            $0.send(.extendTimeout(.milliseconds(1500)))
            $0.fail(errno: ENOSPC, status: "disk full")
        }
        #expect(
            sent == [
                "READY=1\nSTATUS=listening", "STOPPING=1", "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=1500000",
                "ERRNO=28\nSTATUS=disk full",
            ])
    }

    @Test func `reloading carries the monotonic time in microseconds`() throws {
        var before = timespec()
        clock_gettime(CLOCK_MONOTONIC, &before)
        let lines = messages { $0.send(.reloading) }[0].split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        let stamp = try #require(lines.last?.split(separator: "=").last.flatMap { Int64($0) })
        #expect(stamp >= Int64(before.tv_sec) * 1_000_000)
        #expect(stamp <= Int64(before.tv_sec + 60) * 1_000_000)
    }

    @Test func `a status can neither add assignments nor outgrow a message`() {
        let sent = messages {
            $0.send(.status("a\nREADY=1\r\u{0}b"))
            $0.send(.status(String(repeating: "é", count: 4000)))
        }
        #expect(sent[0] == "STATUS=a READY=1  b")
        #expect(sent[1].utf8.count == "STATUS=".utf8.count + 2048)
    }

    @Test func `a failure to send is told`() {
        let notifier = Notifier { _ in -ECONNREFUSED }
        #expect(notifier.send(.ready)?.errno == ECONNREFUSED)
    }

    @Test("messages arrive at the socket that NOTIFY_SOCKET names", arguments: [false, true])
    func sendsToSocket(isAbstract: Bool) async throws {
        let directory = try TemporaryDirectory()
        let listener = try DatagramListener(at: (isAbstract ? "@" : "") + directory.path(of: "notify"))
        await #expect(processExitsWith: .success) { [address = listener.address as String] in
            setenv("NOTIFY_SOCKET", address, 1)
            let notifier = Notifier()
            let failures = [notifier.send(.ready, .status("up")), notifier.send(.stopping)]
            exit(failures == [nil, nil] ? EXIT_SUCCESS : EXIT_FAILURE)
        }
        #expect(listener.receive() == ["READY=1\nSTATUS=up", "STOPPING=1"])
    }

    @Test func `nothing is sent when NOTIFY_SOCKET is not set`() async throws {
        await #expect(processExitsWith: .success) {
            unsetenv("NOTIFY_SOCKET")
            let notifier = Notifier()
            exit(notifier.send(.ready) == nil ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test func `a socket that nobody listens on is an error, not a crash`() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [address = directory.path(of: "nobody") as String] in
            setenv("NOTIFY_SOCKET", address, 1)
            exit(Notifier().send(.ready)?.errno == ENOENT ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }
}
