package import Dispatch

internal import Glibc

/// Signals as events on a queue.
///
/// A handler of our own hands them over through a pipe. Blocking them for a `signalfd`, which is what Dispatch's own signal
/// sources read, would not do: `dispatchMain()` parks the main thread in `sigsuspend(2)` with nothing blocked, where the
/// default action would strike.
package final class Signals: Sendable {
    /// What the service acts upon.
    package static let handled = [SIGTERM, SIGINT, SIGHUP, SIGUSR1]

    // Dispatch's objects may be used from any thread, which their Swift types do not say on Linux.
    nonisolated(unsafe) private let source: any DispatchSourceRead

    /// Takes the handled signals' default action away: from here on they wait for a `Signals` to hand them on. And ignores
    /// `SIGPIPE`, so that a peer that is gone shows as `EPIPE`.
    ///
    /// Whatever the parent ignored or blocked does not count for these. Ignored by it, `SIGCHLD` would have the kernel reap children
    /// before `waitpid` sees how they ended. All other signals stay as it left them: nothing here depends on them.
    ///
    /// Call it early in `main`: threads take over the mask. A program that is started from here needs a signal mask of its own
    /// and `SIGPIPE` set to the default (`posix_spawnattr_setsigmask`, `posix_spawnattr_setsigdefault`): Dispatch's threads block
    /// nearly everything.
    package static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGCHLD, SIG_DFL)
        _ = SignalPipe.ends
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in SignalPipe.put(number) }
        action.sa_flags = SA_RESTART
        for number in handled { sigaction(number, &action, nil) }
        // Last: what has come meanwhile finds its handler.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    /// Calls `handler` on `queue` with the number of each handled signal that has arrived since `prepare()` or arrives
    /// later, in order, until `cancel()`. There is one such object at a time.
    package init(on queue: DispatchQueue, handler: @escaping @Sendable (_ number: Int32) -> Void) {
        Self.prepare()
        source = DispatchSource.makeReadSource(fileDescriptor: SignalPipe.ends.reading, queue: queue)
        source.setEventHandler { for number in SignalPipe.take() { handler(number) } }
        source.activate()
    }

    deinit { cancel() }

    /// Hands on no further signal.
    package func cancel() { source.cancel() }
}

/// The way from a signal handler to a queue: one byte a signal.
private enum SignalPipe {
    /// Both ends, made once and kept until the process ends. A constant, since the handler may touch nothing that locks.
    static let ends: (reading: Int32, writing: Int32) = {
        var ends: [Int32] = [-1, -1]
        // It fails only when the process has no descriptors left at its very start.
        guard pipe(&ends) == 0 else { fatalError("pipe: \(String(cString: strerror(errno)))") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        return (ends[0], ends[1])
    }()

    /// Runs in the signal handler, so it does what signal-safety(7) allows: `write`, with `errno` as it was.
    static func put(_ number: Int32) {
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        // Into a full pipe nothing is written: then thousands of signals wait already.
        _ = write(ends.writing, &byte, 1)
        errno = before
    }

    /// The signals that have arrived.
    static func take() -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(ends.reading, &bytes, bytes.count)
        return count > 0 ? bytes[..<count].map(Int32.init) : []
    }
}
