import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX
import Synchronization

@testable import JournalStore

/// A directory that somebody writes to, as whoever reads it sees it: between two calls, time may pass.
final class MovingDisk: Disk {
    private struct State {
        var instant: Int
        var random: SplitMix64
        /// Each open file's inode.
        var open: [Int] = []
    }

    private let timeline: [DiskState]
    private let step: UInt64
    private let state: Mutex<State>

    /// From a moment on; between two calls, up to `step` changes may come.
    init(_ timeline: [DiskState], from instant: Int, step: UInt64, seed: UInt64) {
        self.timeline = timeline
        self.step = step
        state = Mutex(State(instant: instant, random: SplitMix64(seed: seed)))
    }

    /// How far time has come.
    var instant: Int { state.withLock { $0.instant } }

    private func now<Value>(_ body: (inout State, DiskState) throws(SystemError) -> Value) throws(SystemError) -> Value
    {
        try state.withLock { state throws(SystemError) in
            let passed = Int(state.random.next() % (step + 1))
            state.instant = min(timeline.count - 1, state.instant + passed)
            return try body(&state, timeline[state.instant])
        }
    }

    func names() throws(SystemError) -> [String] { try now { _, disk in disk.names.keys.sorted() } }

    func open(_ name: String, _ mode: DiskOpenMode) throws(SystemError) -> DiskFile {
        guard case .read = mode else { throw SystemError(call: "openat", errno: 30, subject: name) }
        return try now { state, disk throws(SystemError) in
            guard let inode = disk.names[name] else { throw SystemError(call: "openat", errno: 2, subject: name) }
            state.open.append(inode)
            return DiskFile(number: Int32(state.open.count - 1))
        }
    }

    func close(_ file: DiskFile) {}

    func size(_ file: DiskFile) throws(SystemError) -> Int64 {
        try now { state, disk in Int64(disk.files[state.open[Int(file.number)]].cache.count) }
    }

    func read(_ file: DiskFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        try now { state, disk in
            let bytes = disk.files[state.open[Int(file.number)]].cache
            let start = min(Int(offset), bytes.count)
            return Array(bytes[start..<min(bytes.count, start + count)])
        }
    }

    // Whoever reads it changes nothing.
    private func refuse() -> SystemError { SystemError(call: "pwrite", errno: 30) }
    func write(_ file: DiskFile, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(SystemError) -> Int {
        throw refuse()
    }
    func synchronize(_ file: DiskFile) throws(SystemError) { throw refuse() }
    func synchronizeDirectory() throws(SystemError) { throw refuse() }
    func truncate(_ file: DiskFile, to length: Int64) throws(SystemError) { throw refuse() }
    func rename(_ old: String, to new: String) throws(SystemError) { throw refuse() }
    func unlink(_ name: String) throws(SystemError) { throw refuse() }
    func freeBytes() throws(SystemError) -> Int64 { .max }
}
