import Dispatch
import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX
import Payments
import Synchronization
import Testing

@testable import JournalStore

let head = Record.opened(.init(format: 1, journal: "id", version: "1", api: "api:443", client: "client"))

/// A record's line, newline included. Its number is its content too.
func line(_ seq: Int64, durable: Int64 = 0, _ record: Record? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    RecordCodec.append(record ?? .baseline(count: Int(seq)), seq: seq, durable: durable, time: 0, to: &bytes)
    return bytes
}

/// A whole segment: `opened`, and a record for each further number.
func segment(_ seqs: ClosedRange<Int64>, durable: Int64 = 0) -> [UInt8] {
    seqs.reduce(into: []) { $0 += line($1, durable: durable, $1 == seqs.lowerBound ? head : nil) }
}

func name(_ firstSeq: Int64) -> String { SegmentName.name(firstSeq: firstSeq) }

/// A disk with these segments on it, and a durable mark if there is one.
func disk(_ segments: [Int64: [UInt8]], mark: Int64? = nil) -> SimulatedDisk {
    let disk = SimulatedDisk()
    for (first, bytes) in segments { disk.put(bytes, as: name(first)) }
    if let mark { disk.put(DurableMark.encode(mark), as: DurableMark.name) }
    return disk
}

func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

extension SimulatedDisk {
    /// The numbers and kinds of all records that are on it, e.g. `1 opened`.
    func records() throws -> [String] {
        var records: [String] = []
        let fault = try JournalReader(self).forEachLine { records.append("\($1.seq) \($1.record.kind)") }
        return records + (fault.map { ["\($0)"] } ?? [])
    }
}

/// Holds calls back until it is opened, and tells when the first has come.
final class Gate: Sendable {
    private let reached = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)
    private let hasBeenReached = Atomic(false)

    /// Whether a call has come. For tests that are tasks, which must not block the threads that other tasks need.
    var isReached: Bool { hasBeenReached.load(ordering: .acquiring) }

    /// Called by what is held back.
    func pass() {
        hasBeenReached.store(true, ordering: .releasing)
        reached.signal()
        opened.wait()
        opened.signal()
    }

    /// Waits for the first call; gives up only when there will be none.
    func waitUntilReached() {
        if reached.wait(timeout: .now() + .seconds(30)) == .timedOut { Issue.record("no call came to the gate") }
    }

    func open() { opened.signal() }
}

/// Returns true once.
final class Once: Sendable {
    private let isDone = Atomic(false)

    func take() -> Bool { !isDone.exchange(true, ordering: .relaxed) }
}

/// Picks the n-th of many calls, counted from 0.
final class TurnCounter: Sendable {
    private let turn: Int
    private let count = Atomic(0)

    init(_ turn: Int) {
        self.turn = turn
    }

    func isTurn() -> Bool { count.add(1, ordering: .relaxed).oldValue == turn }

    var hasCome: Bool { count.load(ordering: .relaxed) > turn }
}

// What tests do with a queue of Dispatch's, which every journal of theirs has.
extension SerialQueue {
    func sync(_ work: () -> Void) { perform(work) }

    func suspend() { (self as? DispatchQueue)?.suspend() }

    func resume() { (self as? DispatchQueue)?.resume() }
}

extension Journal {
    /// Reads a `baseline` record, which tests write since it is short.
    func read(_ position: JournalPosition) throws -> Entry { try entries(at: [position], of: "baseline")[0].get() }
}

extension JournalUnavailable {
    /// What a failed call left behind, if that is why.
    var errno: Int32? { if case .failed(let error) = self { error.errno } else { nil } }
}
