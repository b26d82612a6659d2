import JournalFormat
package import JournalStore
import Ledger
import Synchronization

/// The ledger as the node that decides has it.
package typealias DecidingLedger = JournalLedger<SharedJournal>

/// One node's time as the one that decides: from taking the lease to losing it, or letting it go.
///
/// One queue writes: the group commit's. It takes reports out of the inbox, records them, commits, and looks again.
package final class Term: Sendable {
    /// The ledger. Nothing more becomes durable in it once the term has ended.
    package let ledger: DecidingLedger
    /// When the term began, on the server's clock, in nanoseconds since 1970.
    package let since: Int64
    private let epoch: Epoch
    private let taken: TakenReports
    private let environment: SharedEnvironment
    private let progress = Mutex(Progress())
    private let loop = Mutex<StepLoop?>(nil)
    private let hooks: Hooks

    private struct Progress {
        /// The last report of each node that was taken out of the inbox.
        var numbers: [Int64: Int64] = [:]
        /// Not before this is the whole inbox looked at.
        var nextSweep = Int64.min
        var announced: Int64 = 0
        var nextAnnouncement = Int64.min
        var isCommandLeft = true
        /// Somebody has told of reports in the inbox.
        var isReportLeft = false
        /// When the inbox is looked at though nobody tells.
        var nextLook = Int64.min
        /// Not before this is it looked at.
        var notBefore = Int64.min
    }

    /// What the node has to do with it.
    struct Hooks: Sendable {
        /// Records up to this one are durable.
        var committed: @Sendable (Int64) -> Void
        /// Commands that other nodes have left.
        var commanded: @Sendable ([StoredCommand]) -> Void
        /// It has ended by itself.
        var ended: @Sendable (Epoch.End) -> Void
        /// The database did not do what it was asked; it is asked again.
        var failed: @Sendable (DatabaseFault) -> Void
        /// A commit took longer than a second.
        var wasSlow: @Sendable (Duration) -> Void
        /// A checkpoint could not be written, for this reason.
        var missedCheckpoint: @Sendable (String) -> Void
        /// Whoever has the node's own reports: they are recorded without going through the inbox.
        var acceptor: Acceptor
        /// Whether other nodes may want to know how far the records are durable.
        var hasFollowers: @Sendable () -> Bool
    }

    /// How often the inbox is looked at when nobody tells of reports, in nanoseconds.
    private static let pollInterval: Int64 = 1_000_000_000
    /// So many reports of each node are taken at once.
    private static let batch = 2048
    /// What comes so soon after so many reports is taken together with what follows, in nanoseconds: while many come, each transaction
    /// takes the processor and the disk from those that accept. A report that comes alone waits for nothing.
    private static let gathering: Int64 = 5_000_000
    private static let many = 8
    /// How often the whole inbox is looked at, in nanoseconds.
    private static let sweepInterval: Int64 = 60_000_000_000
    /// How often others are told how far the records are durable, in nanoseconds.
    private static let announcementInterval: Int64 = 20_000_000

    init(
        _ ledger: DecidingLedger, _ epoch: Epoch, _ taken: TakenReports, since: Int64, _ hooks: Hooks,
        in environment: SharedEnvironment
    ) {
        self.ledger = ledger
        self.epoch = epoch
        self.taken = taken
        self.since = since
        self.hooks = hooks
        self.environment = environment
        ledger.addObserver(self)
        let loop = StepLoop(on: ledger.journal.commits.queue, in: environment) { [weak self] in self?.step() ?? .max }
        self.loop.withLock { $0 = loop }
    }

    /// The first invariant that does not hold; nil when all do: the ledger's, and that others are told of nothing that is not durable, and
    /// this node believes durable nothing that the epoch has not written.
    package func checkInvariants() -> String? {
        let announced = progress.withLock { $0.announced }
        if announced > ledger.durable { return "record \(announced) was announced, and \(ledger.durable) is durable" }
        let durable = ledger.durable
        if durable > epoch.last { return "record \(durable) counts as durable, and \(epoch.last) was written last" }
        return ledger.checkInvariants()
    }

    /// Its epoch.
    package var number: Int64 { epoch.number }

    /// Begins to take reports out of the inbox.
    func start() {
        hooks.acceptor.hand { [weak self] in self?.wake() }
        wake()
    }

    /// There is something to do: the node has reports of its own, or there is something in the inbox, or a command.
    func wake(isReportLeft: Bool = false, isCommandLeft: Bool = false) {
        if isReportLeft || isCommandLeft {
            progress.withLock { progress in
                progress.isReportLeft = progress.isReportLeft || isReportLeft
                progress.isCommandLeft = progress.isCommandLeft || isCommandLeft
            }
        }
        loop.withLock { $0 }?.wake()
    }

    /// Ends it before it has started.
    func abandon() {
        epoch.release()
        ledger.detach()
    }

    /// Ends it in order, within some seconds: what is recorded becomes durable, the state is kept beside it, and another node may decide at
    /// once.
    func close() async {
        epoch.stop(within: 5_000_000_000)
        await ledger.checkpoint()
        loop.withLock { $0 }?.end()
        ledger.close()
        epoch.release()
    }

    // MARK: The loop, on the group commit's queue

    private func step() -> Int64 {
        let now = environment.monotonic()
        guard epoch.renew(isFull: ledger.isFull), takeCommands() else { return end() }
        let own = hooks.acceptor.begin()
        guard let reports = look(now) else { return end() }
        let before = epoch.last
        let refused = record(own)
        taken.add(take(reports))
        ledger.journal.commits.commitOnQueue()
        // Reports of which none made a record. Of the node's own, too, only who still decides may say that they tell nothing new.
        let left = taken.take()
        if !left.isEmpty || !own.isEmpty && epoch.last == before {
            var batch = LedgerBatch()
            batch.taken = left
            if !epoch.write(batch) { return end() }
        }
        if epoch.end != nil { return end() }
        hooks.acceptor.recorded(refused, took: environment.monotonic() - now)
        announce(now)
        // More may have come meanwhile.
        return own.isEmpty ? nextStep : now
    }

    private var nextStep: Int64 {
        progress.withLock { progress in
            let announcement =
                progress.announced < epoch.last && hooks.hasFollowers() ? progress.nextAnnouncement : .max
            return min(progress.isReportLeft ? progress.notBefore : progress.nextLook, announcement)
        }
    }

    /// What is in the inbox, if it is time to look; nil when the term has ended.
    private func look(_ now: Int64) -> [InboxReport]? {
        let isDue = progress.withLock { progress in
            guard progress.notBefore <= now, progress.isReportLeft || progress.nextLook <= now else { return false }
            progress.isReportLeft = false
            return true
        }
        guard isDue else { return [] }
        guard let reports = find(now) else { return nil }
        let then = environment.monotonic()
        progress.withLock { progress in
            progress.notBefore = (Self.many..<Self.batch).contains(reports.count) ? then + Self.gathering : then
            progress.nextLook = reports.isEmpty ? then + Self.pollInterval : progress.notBefore
        }
        return reports
    }

    /// Mostly what came behind what was taken before, now and then whatever is there.
    private func find(_ now: Int64) -> [InboxReport]? {
        let (numbers, isSweepDue) = progress.withLock { ($0.numbers, $0.nextSweep <= now) }
        if isSweepDue {
            let whole = epoch.ask { database throws(DatabaseFault) in try database.wholeInbox(atMost: Self.batch) }
            guard let reports = whole else { return nil }
            // As long as there are many, there may be more.
            if reports.count < Self.batch { progress.withLock { $0.nextSweep = now + Self.sweepInterval } }
            if !reports.isEmpty { return reports }
        }
        return epoch.ask { database throws(DatabaseFault) in try database.inbox(behind: numbers, atMost: Self.batch) }
    }

    /// Records the node's own reports; returns the numbers of those that are not to be acknowledged.
    private func record(_ reports: [InboxReport]) -> Set<Int64> {
        var refused: Set<Int64> = []
        for report in reports {
            if case .unavailable = ledger.take(report.members, isAcknowledged: false) {
                refused.insert(report.number)
            }
        }
        return refused
    }

    /// Records reports of the inbox; returns what may go from there once they are durable.
    private func take(_ reports: [InboxReport]) -> [InboxRange] {
        var ranges: [InboxRange] = []
        for stored in reports {
            progress.withLock { $0.numbers[stored.node] = max($0.numbers[stored.node] ?? 0, stored.number) }
            // It stays in the inbox: the term has ended.
            if case .unavailable = ledger.take(stored.members, isAcknowledged: true) { continue }
            if let last = ranges.indices.last, ranges[last].node == stored.node,
                ranges[last].numbers.upperBound + 1 == stored.number
            {
                ranges[last].numbers = ranges[last].numbers.lowerBound...stored.number
            } else {
                ranges.append(InboxRange(node: stored.node, numbers: stored.number...stored.number))
            }
        }
        return ranges
    }

    private func takeCommands() -> Bool {
        guard
            progress.withLock({ progress in
                defer { progress.isCommandLeft = false }
                return progress.isCommandLeft
            })
        else { return true }
        let number = epoch.number
        let answer = epoch.ask { database throws(DatabaseFault) in try database.takeCommands(epoch: number) ?? [] }
        guard let commands = answer else { return false }
        if !commands.isEmpty { hooks.commanded(commands) }
        return true
    }

    /// Tells the nodes that follow. Nothing depends on it: the lease says the same, later.
    private func announce(_ now: Int64) {
        let (last, head) = epoch.lastRecord
        let isDue = progress.withLock { progress in
            guard progress.announced < last, progress.nextAnnouncement <= now, hooks.hasFollowers() else {
                return false
            }
            (progress.announced, progress.nextAnnouncement) = (last, now + Self.announcementInterval)
            return true
        }
        if isDue { try? epoch.database.announce(durable: last, head: head) }
    }

    private func end() -> Int64 {
        loop.withLock { $0 }?.end()
        hooks.acceptor.takeBack()
        if ledger.journal.commits.isOpen { ledger.journal.commits.end(epoch.reason) }
        if let end = epoch.end, end != .stopped { hooks.ended(end) }
        return .max
    }
}

extension Term: LedgerObserver {
    package func ledgerDidCommit(upTo position: Int64) { hooks.committed(position) }

    package func ledgerWasSlow(_ duration: Duration) { hooks.wasSlow(duration) }

    package func ledgerMissedCheckpoint(reason: String) { hooks.missedCheckpoint(reason) }

    /// Found out by whoever wrote a record, on the queue: the loop ends the rest.
    package func ledgerDidFail(reason: String, errno: Int32) { wake() }
}
