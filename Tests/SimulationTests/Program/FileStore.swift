import JournalFormat
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
    private let flips = Mutex<[Flip]>([])

    /// A byte of a report's record that is not what it was.
    private struct Flip {
        let file: String
        let index: Int
        let was: UInt8
        let record: Int64
    }

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

    /// Looks at the disk, and nothing goes wrong meanwhile.
    func withoutFaults<Value>(_ body: () throws -> Value) rethrows -> Value { try disk.withoutFaults(body) }

    /// The reports whose records cannot be read.
    var unreadable: Set<Int64> { flips.withLock { Set($0.map(\.record)) } }

    /// Flips a bit in the record of the newest report that is durable.
    func flip(seed: UInt64) {
        var dice = Dice(seed: seed)
        let names = disk.state.names.keys.filter { SegmentName.firstSeq(of: $0) != nil }.sorted()
        guard let name = names.last, let bytes = disk.content(name) else { return }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let report = lines.last { line in
            guard let head = try? RecordLine(checking: line.span), head.seq <= journal.durable else { return false }
            return String(decoding: line, as: UTF8.self).contains(#""kind":"received""#)
        }
        guard let report, let seq = try? RecordLine(checking: report.span).seq else { return }
        let index = report.indices.randomElement(using: &dice)!
        var flipped = bytes
        flipped[index] ^= 1 << UInt8(dice.next() % 8)
        disk.put(flipped, as: name)
        flips.withLock { $0.append(Flip(file: name, index: index, was: bytes[index], record: seq)) }
    }

    func die() {
        var state = disk.state
        // It is restored from a backup before the next start.
        for flip in flips.withLock({ $0 }) {
            guard let inode = state.names[flip.file] else { continue }
            state.files[inode].cache[flip.index] = flip.was
            if flip.index < state.files[inode].durable.count { state.files[inode].durable[flip.index] = flip.was }
        }
        end.withLock { $0 = $0 ?? state }
    }

    func bury() {
        disk.setFault(nil)
        journal.observers.removeAll()
    }
}
