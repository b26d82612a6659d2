import Dispatch
import Glibc
import Synchronization

/// Threads of which one runs at a time: whoever blocks has another one go on, and is given the turn back later. So each has a stack of its
/// own, as on a real machine, and the order is the machine's all the same.
final class Crew: Sendable {
    /// One of the threads.
    final class Member: Sendable {
        fileprivate let turn = DispatchSemaphore(value: 0)
    }

    private struct State {
        var current: Member?
        var idle: [Member] = []
        var blockedCount = 0
        var step: @Sendable () -> Bool = { false }
        var isDismissed = false
    }

    private let state = Mutex(State())
    private let isDone = DispatchSemaphore(value: 0)

    /// How many have left their turn to others.
    var blockedCount: Int { state.withLock { $0.blockedCount } }

    /// The thread that runs; nil when none does.
    var member: Member? { state.withLock { $0.current } }

    var current: Member {
        guard let member else { preconditionFailure("blocks, and nobody is there to go on") }
        return member
    }

    /// Calls `step` until it returns false, and returns then.
    func run(_ step: @escaping @Sendable () -> Bool) {
        state.withLock { $0.step = step }
        goOn()
        isDone.wait()
    }

    /// Blocks the thread that runs until it is given the turn back.
    func leave() {
        let current = current
        state.withLock { $0.blockedCount += 1 }
        goOn()
        current.turn.wait()
    }

    /// Gives the turn to one that is blocked; the caller has nothing to do until it is needed.
    func handOver(to member: Member) {
        let current = current
        state.withLock { state in
            state.blockedCount -= 1
            state.idle.append(current)
            state.current = member
        }
        member.turn.signal()
        current.turn.wait()
    }

    /// Has those end that have nothing to do.
    func dismiss() {
        let idle = state.withLock { state in
            state.isDismissed = true
            defer { state.idle = [] }
            return state.idle
        }
        for member in idle { member.turn.signal() }
    }

    /// Gives the turn to one that has nothing to do.
    private func goOn() {
        let (member, isNew) = state.withLock { state in
            let idle = state.idle.popLast()
            let member = idle ?? Member()
            state.current = member
            return (member, idle == nil)
        }
        if isNew { start(member) } else { member.turn.signal() }
    }

    private func work(_ member: Member) {
        while !state.withLock({ $0.isDismissed }) {
            if state.withLock({ $0.step })() { continue }
            state.withLock { state in
                state.idle.append(member)
                state.current = nil
            }
            isDone.signal()
            member.turn.wait()
        }
    }

    private func start(_ member: Member) {
        let box = Unmanaged.passRetained(Start(crew: self, member: member))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                start.crew.work(start.member)
                return nil
            }, box.toOpaque())
        precondition(result == 0, "no thread: \(result)")
        pthread_detach(thread)
    }
}

private final class Start: Sendable {
    let crew: Crew
    let member: Crew.Member

    init(crew: Crew, member: Crew.Member) {
        self.crew = crew
        self.member = member
    }
}
