import Dispatch
import Glibc
import ServiceManager
import Synchronization
import TestSupport
import Testing

@Suite struct SignalsTests {
    @Test func `each handled signal is an event, in order, and none ends the process`() async {
        await #expect(processExitsWith: .success) {
            let seen = Mutex<[Int32]>([])
            let signals = Signals(on: DispatchQueue(label: "signals")) { number in seen.withLock { $0.append(number) } }
            for number in [SIGTERM, SIGHUP, SIGUSR1, SIGINT, SIGHUP] {
                let count = seen.withLock { $0.count }
                kill(getpid(), number)
                try await eventually("signal \(number)") { seen.withLock { $0.count } > count }
            }
            signals.cancel()
            exit(seen.withLock { $0 } == [SIGTERM, SIGHUP, SIGUSR1, SIGINT, SIGHUP] ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test func `a signal that comes before anyone listens is kept`() async {
        await #expect(processExitsWith: .success) {
            Signals.prepare()
            kill(getpid(), SIGTERM)
            let seen = Mutex<[Int32]>([])
            let signals = Signals(on: DispatchQueue(label: "signals")) { number in seen.withLock { $0.append(number) } }
            try await eventually("the signal") { seen.withLock { $0 } == [SIGTERM] }
            signals.cancel()
            exit(EXIT_SUCCESS)
        }
    }

    @Test func `writing to a peer that is gone is an error and no signal`() async {
        await #expect(processExitsWith: .success) {
            Signals.prepare()
            var ends: [Int32] = [-1, -1]
            pipe(&ends)
            close(ends[0])
            exit(write(ends[1], "x", 1) == -1 && errno == EPIPE ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test func `what the parent ignored or blocked is undone, and what came meanwhile is kept`() async {
        await #expect(processExitsWith: .success) {
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_BLOCK, &all, nil)
            signal(SIGCHLD, SIG_IGN)
            signal(SIGHUP, SIG_IGN)
            // To this thread: the process may have others, which block nothing.
            raise(SIGTERM)
            Signals.prepare()
            var mask = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &mask)
            var action = sigaction()
            sigaction(SIGCHLD, nil, &action)
            let isDefault = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0
            let seen = Mutex<[Int32]>([])
            let signals = Signals(on: DispatchQueue(label: "signals")) { number in seen.withLock { $0.append(number) } }
            kill(getpid(), SIGHUP)
            try await eventually("both signals") { seen.withLock { $0 } == [SIGTERM, SIGHUP] }
            signals.cancel()
            exit(sigismember(&mask, SIGUSR1) == 0 && isDefault ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }
}
