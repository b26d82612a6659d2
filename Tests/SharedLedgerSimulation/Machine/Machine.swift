import Ledger
package import Synchronization

/// One processor in the place of all threads and queues of a whole history, whichever run of the program they belong to. Of what
/// could run now, the dice say what runs next; time passes only when nothing can.
package final class Machine: Sendable {
    /// What belongs to no run of the program.
    package static let world = 0

    private struct State {
        var ready: [(owner: Int, work: @Sendable () -> Void)] = []
        /// The earliest last.
        var later: [(time: Int64, owner: Int, work: @Sendable () -> Void)] = []
        /// How much has run at a time.
        var count = 0
        var time: Int64 = 0
        /// What would be ready, of runs of the program that stand still.
        var frozen: [Int: [@Sendable () -> Void]] = [:]
        var dice: SplitMix64
        var isPrompt = false
        var trace = Trace()

        mutating func add(_ owner: Int, _ work: @escaping @Sendable () -> Void) {
            if frozen[owner]?.append(work) == nil { ready.append((owner, work)) }
        }
    }

    package let clock: VirtualClock
    private let state: Mutex<State>
    private let crew = Crew()
    /// Called after every so many steps.
    package let watcher = Mutex<(interval: Int, watch: @Sendable () -> Void)?>(nil)
    private let stepCount = Atomic(0)

    package init(_ clock: VirtualClock, seed: UInt64) {
        self.clock = clock
        state = Mutex(State(dice: SplitMix64(seed: seed)))
    }

    /// Has work run soon.
    package func add(for owner: Int = world, _ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.add(owner, work) }
    }

    /// Has work run at a time.
    package func add(at time: Int64, for owner: Int = world, _ work: @escaping @Sendable () -> Void) {
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
    package func sleep(_ nanoseconds: Int64) async {
        await withCheckedContinuation { continuation in
            add(at: clock.now + nanoseconds) { continuation.resume() }
        }
    }

    /// Something between zero and a bound.
    package func draw(_ bound: Int64) -> Int64 { state.withLock { Int64.random(in: 0...bound, using: &$0.dice) } }

    /// From now on queues begin at once.
    package func beginPrompt() { state.withLock { $0.isPrompt = true } }

    var isPrompt: Bool { state.withLock { $0.isPrompt } }

    /// All that has run, as one number: it is the same only when the same has run at the same times.
    package var trace: UInt64 { state.withLock { $0.trace.value } }

    /// When something is to run next that cannot run now.
    package var nextTime: Int64? { state.withLock { $0.later.last?.time } }

    /// Runs one of the things that can run now; false when nothing can.
    package func step() -> Bool {
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
            let next = state.ready.removeLast()
            state.trace.note(now, next.owner, among: state.ready.count)
            return next.work
        }
        work?()
        if work != nil, let (interval, watch) = watcher.withLock({ $0 }),
            stepCount.add(1, ordering: .relaxed).newValue % interval == 0
        {
            watch()
        }
        return work != nil
    }

    // MARK: Blocking

    /// Runs all that runs until something is done, on threads that may be blocked by ``wait(until:for:)``. Time passes.
    package func run(until isDone: @escaping @Sendable () -> Bool) {
        crew.run { [self] in
            if isDone() { return false }
            if step() { return true }
            guard let next = nextTime else { preconditionFailure("waits for what never comes") }
            clock.set(max(clock.now, next))
            return true
        }
    }

    /// Blocks the caller, who is run by ``run(until:)``, until a time; for longer when the run of the program stands still then.
    package func wait(until time: Int64, for owner: Int) {
        let isNext = state.withLock { state in
            state.ready.isEmpty && state.later.last?.time ?? .max > time && state.frozen[owner] == nil
        }
        // Nothing else would run before: no other thread is needed.
        if isNext { return clock.set(max(clock.now, time)) }
        let waiting = crew.current
        add(at: time, for: owner) { self.crew.handOver(to: waiting) }
        crew.leave()
    }

    /// Which thread it is that runs, for whoever must not wait for himself; nil where none can be blocked.
    package var thread: ObjectIdentifier? { crew.member.map { ObjectIdentifier($0) } }

    /// Ends the threads that wait for something to do. Nobody must be blocked any more.
    package func end() { crew.dismiss() }

    /// How many are blocked.
    package var blockedCount: Int { crew.blockedCount }

    // MARK: Standing still

    /// Has nothing of a run of the program run until it is thawed: what it has looked at last is as old as it is.
    package func freeze(_ owner: Int) {
        state.withLock { state in
            guard state.frozen[owner] == nil else { return }
            state.frozen[owner] = state.ready.filter { $0.owner == owner }.map(\.work)
            state.ready.removeAll { $0.owner == owner }
        }
    }

    package func isFrozen(_ owner: Int) -> Bool { state.withLock { $0.frozen[owner] != nil } }

    /// The same for some time.
    package func freeze(_ owner: Int, for length: Int64) {
        freeze(owner)
        add(at: clock.now + length) { self.thaw(owner) }
    }

    /// Has it run again.
    package func thaw(_ owner: Int) {
        state.withLock { state in
            for work in state.frozen.removeValue(forKey: owner) ?? [] { state.ready.append((owner, work)) }
        }
    }
}

/// A sum of what has run: when, for whom, and how much else could have.
private struct Trace {
    /// FNV-1a's.
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func note(_ time: Int64, _ owner: Int, among others: Int) {
        for number in [UInt64(bitPattern: time), UInt64(owner), UInt64(others)] {
            value = (value ^ number) &* 0x100_0000_01B3
        }
    }
}
