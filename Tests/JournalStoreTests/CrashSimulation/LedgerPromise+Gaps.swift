import JournalFormat
import JournalStoreSimulation
import Ledger
import Payments

@testable import JournalStore

extension LedgerPromise {
    /// Which records may be missing from the journal's middle.
    struct Gaps: Sendable {
        /// These were dropped, and do not come back.
        var certain: Set<Int64> = []
        /// While segments are being dropped, others may be gone too.
        var mayGrow = false

        static func missing(from entries: [Entry], first: Int64, last: Int64) -> Set<Int64> {
            guard first <= last else { return [] }
            return Set(first...last).subtracting(entries.map(\.seq))
        }
    }

    /// Requires that nothing is missing but what was dropped, and that only what says nothing that lasts was.
    func checkGaps(_ entries: [Entry], _ begin: Int64) throws {
        let first = min(begin, begins.upperBound)
        let missing = Gaps.missing(from: entries, first: first, last: max(last, entries.last?.seq ?? 0))
        let certain = gaps.certain.filter { $0 >= first }
        guard gaps.mayGrow ? missing.isSuperset(of: certain) : missing == certain else {
            throw Violation("records \(missing.sorted()) are missing, and dropped were \(certain.sorted())")
        }
        for seq in missing.subtracting(certain) {
            switch records[seq] {
            case .opened, .closed, .received, .refuted: break
            // What is known of a payment is said elsewhere; the model sees to that.
            case .known: break
            case .confirmed(let confirmed) where !confirmed.news: break
            case let record: throw Violation("record \(seq) is gone: \(record?.kind ?? "never seen")")
            }
        }
    }
}

extension LedgerCrashSimulation {
    /// Has a running ledger drop segments with nothing but reports that were refuted or told nothing.
    mutating func drop(_ driver: LedgerDriver, _ disk: SimulatedDisk, _ mark: RunMark) throws {
        try make(gaps: { try driver.drop() }, driver, disk, mark)
    }

    /// Has a running ledger compact segments.
    mutating func compact(_ driver: LedgerDriver, _ disk: SimulatedDisk, _ mark: RunMark) throws {
        try make(gaps: { try driver.compact() }, driver, disk, mark)
    }

    private mutating func make(
        gaps drop: () throws -> PruneReport, _ driver: LedgerDriver, _ disk: SimulatedDisk, _ mark: RunMark
    ) throws {
        driver.turn()
        try note(disk, upTo: driver.ledger.durable)
        let before = mark.value.gaps
        var gaps = before
        gaps.mayGrow = true
        mark.set(begins: mark.value.begins, gaps: gaps)
        // What the disk refuses is for the next attempt.
        guard let report = try? drop() else { return }
        if report.segments.isEmpty { return mark.set(begins: mark.value.begins, gaps: before) }
        let entries = try read(disk)
        let first = min(entries.first?.seq ?? 1, mark.value.begins.upperBound)
        gaps.certain = LedgerPromise.Gaps.missing(from: entries, first: first, last: entries.last?.seq ?? 0)
        gaps.mayGrow = false
        mark.set(begins: mark.value.begins, gaps: gaps)
    }
}
