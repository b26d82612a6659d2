import JournalFormat
import JournalStoreSimulation
import Ledger
import SharedLedger
import SharedLedgerSimulation
import Synchronization

/// Reads the records of every node as whoever follows them does, and holds one against the other.
final class Follower: Sendable {
    private struct State {
        var shown: [Int64: (line: [UInt8], life: Int)] = [:]
        var pruned: [ClosedRange<Int64>] = []
        var violation: String?
    }

    private let state = Mutex(State())

    /// What was shown that must not have been.
    var violation: String? { state.withLock { $0.violation } }

    /// Follows a node for as long as it lives.
    func follow(_ node: Node) {
        let (process, ledger) = (node.life.program.process, node.store.node)
        let reader = Mutex(ledger.reader(after: 0))
        @Sendable func look() {
            guard !node.isDead else { return }
            // It may block, and other looks come later.
            var copy = reader.withLock { $0 }
            if read(&copy, upTo: ledger.durable, of: node.number) { reader.withLock { $0 = copy } }
            process.add(at: process.monotonic + 1_000_000_000 + process.machine.draw(4_000_000_000)) { look() }
        }
        process.add { look() }
    }

    private func read(_ reader: inout any RecordReader, upTo durable: Int64, of life: Int) -> Bool {
        var lines: [(Int64, [UInt8])] = []
        var pruned: [ClosedRange<Int64>] = []
        var damaged: [Damage] = []
        do {
            guard
                try reader.read(
                    atMost: 1 << 16, upTo: durable, { line, entry in lines.append((entry.seq, Array(line))) },
                    pruned: { pruned.append($0) }, damaged: { damaged.append($0) }) == nil
            else { return false }
        } catch { return false }
        state.withLock { state in
            state.pruned += pruned
            if let damage = damaged.first { state.violation = state.violation ?? "said to be damaged: \(damage)" }
            for (seq, line) in lines {
                if let other = state.shown.updateValue((line, life), forKey: seq), other.line != line {
                    let texts = [other.line, line].map { String(decoding: $0.dropFirst(18), as: UTF8.self) }
                    state.violation =
                        state.violation
                        ?? "two records \(seq) were shown: by life \(other.life) \(texts[0]), by life \(life) \(texts[1])"
                }
            }
        }
        return true
    }

    /// Everything that was shown is there in the end, and what was said to be pruned was.
    func judge(_ records: [(entry: Entry, line: [UInt8])], pruned last: Int64) throws {
        let lines = Dictionary(uniqueKeysWithValues: records.map { ($0.entry.seq, $0.line) })
        try state.withLock { state in
            if let violation = state.violation { throw Violation(violation) }
            for (seq, shown) in state.shown where lines[seq] != shown.line {
                throw Violation("record \(seq) was shown by life \(shown.life), and is gone")
            }
            for range in state.pruned where range.upperBound > last {
                throw Violation("records \(range) were said to be pruned, and only those up to \(last) were")
            }
        }
    }
}
