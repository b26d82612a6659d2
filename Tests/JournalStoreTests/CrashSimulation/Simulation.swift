import JournalStoreSimulation
import Ledger
import POSIX
import Synchronization

@testable import JournalStore

/// A seeded life of something that is kept on a disk, and a look at what is left of it when the program is killed or the power
/// is cut at every call that changes the disk, and the power again at such calls of each recovery.
///
/// Everything in it depends on the seed alone.
protocol Simulation: SeededLife {
    /// What somebody relies on, and every later start must find.
    associatedtype Promise: Sendable

    var random: SplitMix64 { get set }
    /// How many disks were recovered from.
    var states: Int { get set }
    /// Whether the program is killed and the power cut; else somebody else has use for what is left.
    var crashes: Bool { get }
    /// Of the calls of a recovery, the power is cut at one in so many.
    static var callsPerCut: UInt64 { get }

    /// Starts the program on a disk and requires what was promised; returns what is promised from then on.
    mutating func start(_ disk: SimulatedDisk, _ promise: Promise) throws -> Promise
}

/// What a seed makes of several runs of the program.
protocol SeededLife {
    init(seed: UInt64)
    /// How many disks were started from.
    var states: Int { get }

    /// Lives through them.
    mutating func run() throws
}

/// A disk, and what had been promised when it was so.
struct Moment<Promise: Sendable>: Sendable {
    let state: DiskState
    let promise: Promise
}

extension Simulation {
    var crashes: Bool { true }

    /// At each of these moments the program is killed, and the power is cut.
    mutating func crash(at moments: [Moment<Promise>]) throws {
        for moment in moments where crashes {
            // Only the program was killed: nothing is lost yet, but by a cut during the recovery it may be.
            try recover(moment.state, moment.promise)
            try recover(moment.state.afterPowerCut(using: &random), moment.promise)
        }
    }

    /// Recovers from a disk; what is there then must stay, though the power be cut again.
    private mutating func recover(_ state: DiskState, _ promise: Promise) throws {
        let calls = Recorder<DiskState>()
        let disk = SimulatedDisk(state, keepsCalls: false) { calls.add($0) }
        states += 1
        let found = try start(disk, promise)
        let end = disk.state
        for state in calls.all where random.next() % Self.callsPerCut == 0 {
            states += 1
            _ = try start(SimulatedDisk(state.afterPowerCut(using: &random), keepsCalls: false), promise)
        }
        states += 1
        _ = try start(SimulatedDisk(end.afterLosingAll(), keepsCalls: false), found)
    }
}

/// Collects what happens, on whatever thread.
final class Recorder<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }

    func add(_ element: Element) { elements.withLock { $0.append(element) } }
}
