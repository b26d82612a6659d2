import POSIX
import Synchronization

/// What a simulated server takes from its world.
public struct ServerSurroundings: Sendable {
    /// The true time, in nanoseconds since 1970: the server's clock may be wrong.
    public var now: @Sendable () -> Int64
    /// Has work run so many nanoseconds later.
    public var after: @Sendable (_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void
    /// How long a transaction may stand idle while others wait, in nanoseconds.
    public var idleTime: Int64

    /// Joins them. A transaction may stand idle for two seconds, as on the real server.
    public init(
        now: @escaping @Sendable () -> Int64,
        after: @escaping @Sendable (_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void,
        idleTime: Int64 = 2_000_000_000
    ) {
        self.now = now
        self.after = after
        self.idleTime = idleTime
    }

    /// The machine's own time. There a transaction may stand idle for an hour: a busy machine keeps a test waiting for longer
    /// than a server would wait for a program.
    public static func machine(
        after: @escaping @Sendable (_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) -> Void
    ) -> ServerSurroundings {
        ServerSurroundings(now: { Clock.realtime() }, after: after, idleTime: 3600 * 1_000_000_000)
    }
}

/// A time that passes when it is told to, for tests of one thing after the other.
public final class ManualTime: Sendable {
    private struct State {
        var now: Int64
        var order = 0
        var later: [(time: Int64, order: Int, work: @Sendable () -> Void)] = []
    }

    private let state: Mutex<State>

    /// Begins in November 2026.
    public init(now: Int64 = 1_795_300_000_000_000_000) { state = Mutex(State(now: now)) }

    /// In nanoseconds since 1970.
    public var now: Int64 { state.withLock { $0.now } }

    /// Has work run when so much time has passed.
    public func after(_ nanoseconds: Int64, _ work: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.order += 1
            state.later.append((state.now + nanoseconds, state.order, work))
        }
    }

    /// Lets so many nanoseconds pass, and has run what falls due.
    public func pass(_ nanoseconds: Int64) {
        let end = now + nanoseconds
        while true {
            let work: (@Sendable () -> Void)? = state.withLock { state in
                guard let next = state.later.min(by: { ($0.time, $0.order) < ($1.time, $1.order) }), next.time <= end
                else {
                    state.now = end
                    return nil
                }
                state.later.removeAll { $0.order == next.order }
                state.now = max(state.now, next.time)
                return next.work
            }
            guard let work else { return }
            work()
        }
    }

    /// For a server.
    public var surroundings: ServerSurroundings {
        ServerSurroundings(now: { self.now }, after: { self.after($0, $1) })
    }
}
