import Dispatch
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import ServiceManager

@Suite struct WatchdogTests {
    @Test func `a tick asks every probe, and the log names those that stopped it`() {
        let sent = Mutex<[String]>([])
        let lines = Mutex<[String]>([])
        let alive = Mutex(true)
        let logger = Logger(label: "test") { _ in
            StandardErrorLogHandler(control: LogLevelControl(.info)) { line in
                // Without the time.
                lines.withLock { $0.append(String(decoding: line.dropFirst(25).dropLast(), as: UTF8.self)) }
            }
        }
        let notifier = Notifier { message in
            sent.withLock { $0.append(message) }
            return 1
        }
        let watchdog = Watchdog(
            interval: .seconds(3600),
            probes: [
                WatchdogProbe("loop") { true }, WatchdogProbe("journal") { alive.withLock { $0 } },
            ], notifier: notifier, logger: logger)
        watchdog.tick()
        alive.withLock { $0 = false }
        watchdog.tick()
        watchdog.tick()
        #expect(sent.withLock { $0 } == ["WATCHDOG=1"])
        alive.withLock { $0 = true }
        watchdog.tick()
        #expect(sent.withLock { $0 } == ["WATCHDOG=1", "WATCHDOG=1"])
        #expect(
            lines.withLock { $0 } == [
                "error  no progress, so the watchdog is not told that all is well: systemd restarts this process unless it goes on  probe=journal",
                "notice  progress again  probe=journal",
            ])
    }

    @Test func `a watchdog that never started can be let go`() {
        _ = Watchdog(interval: .seconds(1), probes: [], notifier: Notifier { _ in 1 }, logger: Logger(label: "test"))
    }

    @Test func `WATCHDOG_USEC counts only with this process's id`() async {
        await #expect(processExitsWith: .success) {
            unsetenv("WATCHDOG_USEC")
            guard Watchdog.interval == nil else { exit(1) }
            setenv("WATCHDOG_USEC", "30000000", 1)
            setenv("WATCHDOG_PID", "\(getpid())", 1)
            guard Watchdog.interval == .seconds(30) else { exit(2) }
            setenv("WATCHDOG_PID", "1", 1)
            guard Watchdog.interval == nil else { exit(3) }
            exit(EXIT_SUCCESS)
        }
    }

    @Test func `the timer pings the real socket, and stops when a probe fails`() async throws {
        let directory = try TemporaryDirectory()
        let listener = try DatagramListener(at: directory.path(of: "notify"))
        await #expect(processExitsWith: .success) { [address = listener.address as String] in
            setenv("NOTIFY_SOCKET", address, 1)
            let ticks = Mutex(0)
            let probe = WatchdogProbe("limited") {
                ticks.withLock { ticks in
                    ticks += 1
                    return ticks <= 3
                }
            }
            let watchdog = Watchdog(
                interval: .milliseconds(30), probes: [probe], notifier: Notifier(), logger: Logger(label: "test"))
            watchdog.start()
            try await eventually("the sixth tick") { ticks.withLock { $0 } >= 6 }
            withExtendedLifetime(watchdog) {}
            exit(EXIT_SUCCESS)
        }
        #expect(listener.receive() == ["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"])
    }

    @Test func `a queue that runs no block within the limit is not alive`() {
        let queue = DispatchQueue(label: "probed")
        let probe = WatchdogProbe.answers("loop", on: queue)
        let gate = DispatchSemaphore(value: 0)
        queue.async { gate.wait() }
        #expect(probe.makesProgress())
        #expect(!probe.makesProgress())
        #expect(!probe.makesProgress())
        gate.signal()
        queue.sync {}
        #expect(probe.makesProgress())
        queue.sync {}
        #expect(probe.makesProgress())
    }

    @Test func `a queue that waits for what another probe judges is excused for as long as that lasts`() {
        let queue = DispatchQueue(label: "probed")
        let isExcused = Mutex(true)
        let probe = WatchdogProbe.answers("loop", on: queue) { isExcused.withLock { $0 } }
        let gate = DispatchSemaphore(value: 0)
        queue.async { gate.wait() }
        #expect(probe.makesProgress())
        #expect(probe.makesProgress())
        isExcused.withLock { $0 = false }
        #expect(!probe.makesProgress())
        gate.signal()
    }
}
