import JournalFormat
import JournalStoreSimulation
import Ledger

@testable import JournalStore

/// A seeded life of a ledger, after each run of which its journal is damaged in many ways, each time another copy of it; and what a start,
/// its hints and `journal verify` make of that.
struct DamageSimulation: SeededLife {
    private static let runs = 4
    private static let copies = 12

    private var life: LedgerCrashSimulation
    private(set) var states = 0

    init(seed: UInt64) { life = LedgerCrashSimulation(seed: seed, crashes: false) }

    mutating func run() throws {
        var state = DiskState()
        for _ in 0..<Self.runs {
            state = try life.live(from: state)
            if life.random.next() % 2 == 0 { state = try life.prune(state) }
            let judge = try DamageJudge(state.writtenBack(), life)
            for _ in 0..<Self.copies {
                guard let damage = judge.draw(using: &life.random) else { continue }
                states += 1
                do { try judge.judge(damage) } catch {
                    throw Violation("\(damage) in run \(life.states): \(error)")
                }
            }
        }
    }
}
