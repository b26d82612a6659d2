import Dispatch
import HTTP1
import POSIX

/// Deadlines, which are absolute, under one timer that is armed for the earliest; and the end, which is one more deadline.
extension HTTPServer {
    /// Gives the connection a new deadline if it waits for something new.
    func updateDeadline(_ connection: Connection) {
        let wait = connection.currentWait
        if wait == connection.wait { return }
        connection.wait = wait
        connection.deadline = Self.deadline(after: wait.timeout(options))
        arm(connection.deadline)
    }

    /// The monotonic time `duration` from now, in nanoseconds; never for `nil` and for what is beyond 292 years.
    private static func deadline(after duration: Duration?) -> Int64 {
        guard let duration else { return .max }
        let (seconds, attoseconds) = duration.components
        let (nanoseconds, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (deadline, overflowedToo) = nanoseconds.addingReportingOverflow(
            Clock.monotonic() + attoseconds / 1_000_000_000)
        return overflowed || overflowedToo ? .max : deadline
    }

    /// Sees to it that the timer fires at `deadline` or before.
    func arm(_ deadline: Int64) {
        guard deadline < armed, let timer else { return }
        armed = deadline
        let wait = max(0, deadline - Clock.monotonic())
        timer.schedule(deadline: .now() + .nanoseconds(Int(wait)), leeway: .milliseconds(10))
    }

    /// The timer has fired: ends what is over, and arms it for what comes next. A look at every connection costs less than
    /// an ordered set would at every request.
    func expire() {
        armed = .max
        let now = Clock.monotonic()
        if cutOff <= now { return closeAll() }
        for case let connection? in connections where connection.deadline <= now { expire(connection) }
        if acceptPausedUntil != 0, acceptPausedUntil <= now {
            acceptPausedUntil = 0
            acceptAll()
        }
        let earliest = connections.reduce(cutOff) { min($0, $1?.deadline ?? .max) }
        arm(acceptPausedUntil == 0 ? earliest : min(earliest, acceptPausedUntil))
    }

    private func expire(_ connection: Connection) {
        // Without a silent answer to a silent peer (RFC 9112 section 9.5): it would be taken for the answer to the request
        // that may be on its way.
        switch connection.wait {
        case .idle: closeIfIdle(connection)
        case .request:
            connection.machine.refuse(Self.tooSlow, dateLine: date.current(), output: &connection.output)
            serve(connection)
        case .write, .linger: close(connection)
        case .answer, nil: break
        }
    }

    private static let tooSlow = Response.problem(status: 408, detail: "The request took too long to come.")

    /// Closes a connection unless the first byte of a request turns out to have come.
    private func closeIfIdle(_ connection: Connection) {
        connection.mayRead = true
        serve(connection)
        guard self.connection(connection.token) != nil, connection.machine.phase == .idle, connection.output.isEmpty
        else { return }
        close(connection)
    }

    private func closeAll() {
        for case let connection? in connections { close(connection) }
    }

    // MARK: Draining

    func beginDraining(grace: Duration) {
        cutOff = min(cutOff, Self.deadline(after: grace))
        arm(cutOff)
        if isStopping { return }
        isStopping = true
        // Closing alone would not take out of the epoll set what another process holds open as well.
        for listener in listeners { try? epoll.remove(listener.socket.descriptor) }
        listeners = []
        for case let connection? in connections {
            connection.machine.stop()
            // One last look: a request whose first byte has come is still answered.
            connection.mayRead = true
            serve(connection)
        }
    }
}
