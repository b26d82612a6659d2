import Payments
import Synchronization

@testable import JournalStoreTests

/// Draws what happens by chance, from a seed.
typealias Dice = JournalStoreTests.SplitMix64

/// One thread in the place of all threads and queues of a whole history, whichever run of the program they belong to. Of what
/// could run now, the dice say what runs next; time passes only when nothing can.
final class Machine: Sendable {
    /// What belongs to no run of the program.
    static let world = 0

    private struct State {
        var ready: [(owner: Int, work: @Sendable () -> Void)] = []
        /// The earliest last.
        var later: [(time: Int64, owner: Int, work: @Sendable () -> Void)] = []
        /// How much has run at a time.
        var count = 0
        var time: Int64 = 0
        /// What would be ready, of runs of the program that stand still.
        var frozen: [Int: [@Sendable () -> Void]] = [:]
        var dice: Dice

        mutating func add(_ owner: Int, _ work: @escaping @Sendable () -> Void) {
            if frozen[owner]?.append(work) == nil { ready.append((owner, work)) }
        }
    }

    let clock: VirtualClock
    private let state: Mutex<State>

    init(_ clock: VirtualClock, seed: UInt64) {
        self.clock = clock
        state = Mutex(State(dice: Dice(seed: seed)))
    }

    /// Has work run soon.
    func add(for owner: Int = world, _ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.add(owner, work) }
    }

    /// Has work run at a time.
    func add(at time: Int64, for owner: Int = world, _ work: @escaping @Sendable () -> Void) {
        state.withLock { state in
            // Of those with the same time, the one that came first: all that are no earlier stand behind it.
            var (low, high) = (0, state.later.count)
            while low < high {
                let middle = (low + high) / 2
                if state.later[middle].time <= time { high = middle } else { low = middle + 1 }
            }
            state.later.insert((time, owner, work), at: low)
        }
    }

    /// Returns when so much time has passed.
    func sleep(_ nanoseconds: Int64) async {
        await withCheckedContinuation { continuation in
            add(at: clock.now + nanoseconds) { continuation.resume() }
        }
    }

    /// Something between zero and a bound.
    func draw(_ bound: Int64) -> Int64 { state.withLock { Int64.random(in: 0...bound, using: &$0.dice) } }

    /// When something is to run next that cannot run now.
    var nextTime: Int64? { state.withLock { $0.later.last?.time } }

    /// Runs one of the things that can run now; false when nothing can.
    func step() -> Bool {
        let now = clock.now
        let work: (@Sendable () -> Void)? = state.withLock { state in
            while let last = state.later.last, last.time <= now {
                state.add(last.owner, last.work)
                state.later.removeLast()
            }
            if state.ready.isEmpty { return nil }
            state.count = state.time == now ? state.count + 1 : 0
            state.time = now
            precondition(state.count < 300_000, "time stands still")
            state.ready.swapAt(Int.random(in: state.ready.indices, using: &state.dice), state.ready.count - 1)
            return state.ready.removeLast().work
        }
        work?()
        return work != nil
    }

    /// Runs all that runs until something is done: for whoever blocks the one thread. Time passes.
    func run(until isDone: () -> Bool) {
        while !isDone() {
            if step() { continue }
            guard let next = nextTime else { preconditionFailure("waits for what never comes") }
            clock.set(max(clock.now, next))
        }
    }

    // MARK: Standing still

    /// Has nothing of a run of the program run until it is thawed. It stands still where nothing of it can run: what it has
    /// looked at last is as old as it is.
    func freeze(_ owner: Int) {
        let isBusy = state.withLock { state in
            if state.ready.contains(where: { $0.owner == owner }) { return true }
            if state.frozen[owner] == nil { state.frozen[owner] = [] }
            return false
        }
        if isBusy { add { self.freeze(owner) } }
    }

    /// The same for some time.
    func freeze(_ owner: Int, for length: Int64) {
        freeze(owner)
        add(at: clock.now + length) { self.thaw(owner) }
    }

    /// Has it run again.
    func thaw(_ owner: Int) {
        state.withLock { state in
            for work in state.frozen.removeValue(forKey: owner) ?? [] { state.ready.append((owner, work)) }
        }
    }
}
