import Dispatch
import Glibc
import POSIX

/// What simulated servers take from their world.
package struct ServerSurroundings: Sendable {
    /// The true time, in nanoseconds since 1970: a server's clock may be wrong.
    package var now: @Sendable () -> Int64
    /// Has work of a run of the program run so many nanoseconds later; 0 stands for the world.
    package var later: @Sendable (_ nanoseconds: Int64, _ owner: Int, _ work: @escaping @Sendable () -> Void) -> Void
    /// Blocks the caller for so many nanoseconds, and for as long as that run of the program stands still.
    package var wait: @Sendable (_ nanoseconds: Int64, _ owner: Int) -> Void
    /// Something between zero and a bound.
    package var draw: @Sendable (_ bound: Int64) -> Int64

    /// The time and the threads of the machine that the test runs on. Nothing is left to chance.
    package static let real = ServerSurroundings(
        now: { Clock.realtime() },
        later: { nanoseconds, _, work in
            DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds)), execute: work)
        },
        wait: { nanoseconds, _ in if nanoseconds > 0 { usleep(UInt32(clamping: nanoseconds / 1000)) } },
        draw: { _ in 0 })
}

extension ServerSurroundings {
    /// Those of a simulated machine.
    package init(_ machine: Machine) {
        self.init(
            now: { machine.clock.wall }, later: { machine.add(at: machine.clock.now + $0, for: $1, $2) },
            wait: { machine.wait(until: machine.clock.now + $0, for: $1) }, draw: { machine.draw($0) })
    }
}
