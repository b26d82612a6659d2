import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments

@testable import JournalStore

extension LedgerCrashSimulation {
    /// Has a running ledger drop its old segments.
    mutating func prune(_ driver: LedgerDriver, _ disk: SimulatedDisk, _ mark: RunMark) throws {
        driver.turn()
        try note(disk, upTo: driver.ledger.durable)
        let before = mark.value
        mark.set(begins: promise.pruning.begins, gaps: before.gaps)
        // What the disk refuses is for the next attempt.
        guard let report = try? driver.prune() else { return }
        if report.segments.isEmpty { return mark.set(begins: before.begins, gaps: before.gaps) }
        mark.set(begins: try promise.pruned(disk).begins, gaps: mark.value.gaps)
    }

    /// Prunes the journal between two runs of the program, crashed like these. Returns the disk that is left.
    mutating func prune(_ state: DiskState) throws -> DiskState {
        let moments = Recorder<DiskState>()
        let disk = SimulatedDisk(state, keepsCalls: false) { moments.add($0) }
        disk.setFault(FaultPlan(using: &random).fault)
        // Nothing is required to go; what must not go is told by the promise.
        let during = promise.pruning
        var isDone = false
        do throws(JournalFault) {
            let report = try JournalPruner.run(disk, before: .max, segmentBytes: segmentBytes, dryRun: false)
            // When there was nothing left to do, an attempt before this may have gone no further than to the page cache.
            if report.segments.isEmpty { return state }
            isDone = true
        } catch {
            switch error {
            case .system, .unavailable: break
            // What a crash has torn is for a start to mend.
            case .damaged: return state
            default: throw Violation("no pruning: \(error)")
            }
        }
        // What nobody was told of is proven, too, before anything goes.
        if isDone { promise.extend(with: try read(SimulatedDisk(state, keepsCalls: false)), upTo: .max) }
        // What has gone when it ends does not come back.
        promise = isDone ? try promise.pruned(disk) : during
        try crash(
            at: moments.all.map { Moment(state: $0, promise: during) } + [Moment(state: disk.state, promise: promise)])
        return crashes && random.next() % 3 == 0 ? disk.state.afterPowerCut(using: &random) : disk.state
    }
}
