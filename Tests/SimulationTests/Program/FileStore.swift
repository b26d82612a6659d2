import JournalStoreSimulation
import Ledger
import SharedLedgerSimulation
import Synchronization

@testable import JournalStore

/// A journal on a disk of one program's own.
final class FileStore: Store {
    let journal: FileLedger
    private let disk: SimulatedDisk
    private let end = Mutex<DiskState?>(nil)

    /// Opens what is on a disk.
    init(_ program: Program, on found: DiskState, _ options: LifeOptions, seed: UInt64) throws {
        disk = SimulatedDisk(found, keepsCalls: false)
        let clock = program.machine.clock
        journal = try FileLedger(
            disk, FileLedger.Options(limits: options.limits, minimumFreeBytes: 0),
            journal: .test(segmentBytes: options.segmentBytes), randomID: "id", seed: seed,
            in: JournalEnvironment(
                monotonic: { clock.now }, realtime: { clock.wall }, queue: { _, _ in SimulatedQueue(program.process) }))
    }

    var ledger: any ReportLedger { journal }

    /// What the disk held when the program died; nil while it lives.
    var remains: DiskState? { end.withLock { $0 } }

    /// `fault` decides what goes wrong with the disk, and after `callsLeft` of its calls `burnt` is called.
    func setFault(
        _ fault: @escaping @Sendable (SimulatedDisk.Call) -> SimulatedDisk.Fault?, callsLeft: Int?,
        burnt: @escaping @Sendable () -> Void
    ) {
        let count = Mutex(0)
        disk.setFault { call in
            let isBurnt = count.withLock { count in
                count += 1
                return count == callsLeft
            }
            if isBurnt { burnt() }
            return fault(call)
        }
    }

    func open(_ life: Life) async throws { try await life.decide(journal, as: life.number) }

    func die() {
        let state = disk.state
        end.withLock { $0 = $0 ?? state }
    }

    func bury() {
        disk.setFault(nil)
        journal.observers.removeAll()
    }
}
