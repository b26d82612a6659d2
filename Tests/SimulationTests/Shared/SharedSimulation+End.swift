import Confirming
import JournalFormat
import JournalStoreSimulation
import Ledger
import SharedLedger
import SharedLedgerSimulation
import Synchronization

@testable import JournalStore

/// How long the oldest report has been in the inbox.
struct InboxPatience {
    /// By then it is taken out, or somebody says that it is not: twice as long as between two looks at the whole inbox.
    static let longest: Int64 = 150_000_000_000

    var oldest: [Int64]?
    var since: Int64 = 0
}

/// What is tried when all is well.
struct EndGame {
    enum Phase {
        case settling
        /// Whoever decided is gone since a time, and another one is to decide within a while.
        case waiting(since: Int64, within: Int64)
        /// What was acknowledged is lost since a time, and these nodes know.
        case setBack(since: Int64, lives: [Int])
    }

    var phase = Phase.settling
    /// When all was quiet.
    var settledAt = Int64.max
}

extension SharedSimulation {
    /// What waits for long is told of by every node that has looked.
    func lookAtInbox() throws {
        let (oldest, now) = (database.oldestReport, clock.wall)
        let since = state.withLock { state in
            if oldest != state.patience.oldest { state.patience = InboxPatience(oldest: oldest, since: now) }
            return oldest == nil ? now : state.patience.since
        }
        guard now - since > InboxPatience.longest else { return }
        for node in nodes.all where node.isServing && !machine.isFrozen(node.number) {
            let shared = node.store.node
            if shared.failure == nil, shared.fault == nil, shared.standing?.oldestReportAt == nil {
                throw Violation(
                    "a report waits since \(World.text(since)), and life \(node.number) says that all is well")
            }
        }
    }

    /// Whether all is well and quiet, and then another one is to decide.
    func lookAtEnd() throws {
        switch state.withLock({ $0.end.phase }) {
        case .settling: try lookWhetherSettled()
        case .waiting(let since, let within): try lookWhoDecides(since, within)
        case .setBack(let since, let lives): try lookWhoHasNoticed(since, lives)
        }
    }

    private func lookWhetherSettled() throws {
        // What was asked before that may still be on its way, there, back, and by a connection that had to be made first.
        guard clock.wall >= calm + History.minute else { return }
        guard clock.wall < calm + History.patience else {
            throw Violation("not quiet three hours after all is well: \(nodes.all.map(picture))")
        }
        requeueAbandoned()
        guard let decider = nodes.all.first(where: \.isDeciding), isQuiet(decider),
            decider.life.decider?.hasRequeued == true || !mayAbandon
        else { return }
        // Whoever stood still until just now has yet to hear that another one decides.
        guard nodes.all.count(where: \.isDeciding) == 1 else {
            if clock.wall < calm + 2 * History.minute { return }
            throw Violation("two nodes decide: \(nodes.all.map(picture))")
        }
        try judgeState(of: decider)
        let isKilled = oneOf(2)
        tell("life \(decider.number), which decides, is \(isKilled ? "killed" : "stopped")")
        if isKilled { decider.die() } else { decider.end() }
        machine.beginPrompt()
        // One second longer than without connections that nobody knows to be broken.
        let within: Int64 = isKilled ? 11_000_000_000 : 3_500_000_000
        state.withLock { [clock] state in
            state.end = EndGame(phase: .waiting(since: clock.wall, within: within), settledAt: clock.wall)
        }
    }

    private var mayAbandon: Bool { options.window < .seconds(3600) }

    private func requeueAbandoned() {
        guard mayAbandon, clock.wall > calm + 20 * History.minute else { return }
        for node in nodes.all where node.life.decider?.hasRequeued == false {
            world.withLock { [clock] in $0.requests.append(clock.wall) }
            node.life.decider?.requeue()
        }
    }

    /// Whether a listing that began when all was well has been answered and written, no call is under way, and nothing waits.
    private func isQuiet(_ node: Node) -> Bool {
        guard state.withLock({ $0.history.nextTime == nil }), nodes.all.count == nodes.count,
            nodes.all.allSatisfy({ $0.isServing && $0.life.isIdle }), database.inboxCount == 0,
            let ledger = node.store.node.term?.ledger, let decider = node.life.decider,
            // Another may have the lease, and read what there is before it decides.
            database.decider == "node \(node.number)", ledger.counts.pending == 0, ledger.durable == database.lastSeq,
            ledger.hasWrittenAll,
            decider.deliverer?.isSettled == true, ledger.endpointStatus.allSatisfy({ $0.waiting == 0 })
        else { return false }
        // What a listing has shown is written a while after it was heard.
        let program = node.life.program
        let listedAt = (decider.reconciler.lastReconciledAt ?? .min / 2) + clock.wall - program.wallClock
        return world.withLock { [calm] world in
            let own = world.calls.filter { $0.life == decider.number }
            return own.allSatisfy { $0.outcome != .underWay }
                && own.contains {
                    $0.subject == .list && $0.outcome == .answered && $0.began >= calm && $0.ended <= listedAt
                }
        }
    }

    private func lookWhoDecides(_ since: Int64, _ within: Int64) throws {
        let began = state.withLock { $0.deciders.last { $0.began >= since }?.began }
        guard let began else {
            if clock.wall - since <= within { return }
            throw Violation("nobody decides since \(World.text(since)): \(nodes.all.map(picture))")
        }
        if let decider = nodes.all.first(where: \.isDeciding), isQuiet(decider) {
            try judgeState(of: decider)
            return state.withLock { $0.isOver = true }
        }
        if clock.wall - began > 30 * History.minute {
            throw Violation("not quiet after a takeover: \(nodes.all.map(picture))")
        }
    }

    /// Whoever reads the records from the first on, or from the checkpoint on, knows what the node knows.
    private func judgeState(of node: Node) throws {
        guard let ledger = node.store.node.term?.ledger else { return }
        let known = StatePicture(ledger.state.withLock { $0 })
        let empty = LedgerState(limits: options.limits, seed: 0, now: Instant(nanoseconds: 0))
        var places: [(String, LedgerState, Int64)] = [("the first record", empty, 0)]
        if let stored = database.checkpoint, let checkpoint = Checkpoint(decoding: stored.state) {
            guard checkpoint.seq == stored.seq else {
                throw Violation("the checkpoint is of another record than it says")
            }
            var state = empty
            guard state.restore(checkpoint.snapshot, asOf: checkpoint.seq) else {
                throw Violation("the checkpoint cannot be read")
            }
            if stored.seq >= database.prunedSeq { places.append(("the checkpoint", state, stored.seq)) }
        }
        for (place, state, seq) in places {
            let replayed = StatePicture(try replay(state, after: seq))
            guard replayed == known else {
                throw Violation("life \(node.number) knows \(known), and from \(place) on \(replayed) is known")
            }
        }
    }

    private func replay(_ state: LedgerState, after seq: Int64) throws -> LedgerState {
        var state = state
        for row in database.rows where row.record.seq > seq {
            let line = row.record.line.span
            state.replay(try EntryView(RecordLine(checking: line), line), line, offset: 0)
        }
        return state
    }

    private func picture(_ node: Node) -> String {
        let shared = node.store.node
        return """
            life \(node.number), serving \(node.isServing), deciding \(node.isDeciding), idle \(node.life.isIdle), failure \
            \(shared.failure ?? "none"), fault \(shared.fault.map { "\($0)" } ?? "none"), inbox \(database.inboxCount), pending \
            \(shared.term?.ledger.counts.pending ?? -1), durable \(shared.term?.ledger.durable ?? -1) of \(database.lastSeq), \
            endpoints \(shared.term?.ledger.endpointStatus.map { "\($0)" } ?? []), settled \
            \(node.life.decider?.deliverer?.isSettled ?? false), \(database.decider ?? "nobody") decides
            """
    }

    // MARK: Set back

    func setBack(by count: Int) {
        for node in nodes.all { machine.thaw(node.number) }
        let before = nodes.all.filter { !$0.isDead }
        database.loseFormer()
        database.failOver(lacking: count)
        database.open()
        let lives = before.filter { database.lacks($0.store.link.proof) }.map(\.number)
        tell("lives \(lives) have seen what is lost")
        state.withLock { [clock] state in
            state.isSetBack = true
            state.end.phase = .setBack(since: clock.wall, lives: lives)
        }
    }

    private func lookWhoHasNoticed(_ since: Int64, _ lives: [Int]) throws {
        if clock.wall - since < 120_000_000_000 { return }
        for node in nodes.all where lives.contains(node.number) && !node.isDead && !machine.isFrozen(node.number) {
            // Others may have written records of the same numbers before it looked: then it cannot know, unless it knows what they said.
            if node.isServing, node.store.node.failure == nil, database.lacks(node.store.link.proof) {
                throw Violation("life \(node.number) has seen what is lost, and says nothing: \(picture(node))")
            }
        }
        state.withLock { $0.isOver = true }
    }
}

extension JournalLedger {
    /// Whether nothing waits to be written.
    fileprivate var hasWrittenAll: Bool { journal.commits.tail.withLock { $0.nextSeq } == durable + 1 }
}
