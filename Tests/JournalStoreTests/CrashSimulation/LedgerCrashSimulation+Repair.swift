import JournalFormat
import JournalStoreSimulation
import Ledger

@testable import JournalStore

extension LedgerCrashSimulation {
    /// A cut that somebody has ordered.
    struct Order: Sendable {
        var segment: Int64
        var offset: Int64
        /// The journal's id afterwards.
        var id: String
    }

    /// A good line, and where it stands.
    struct Line {
        var segment: Int64
        var range: Range<Int>
        var entry: Entry
    }

    /// Cuts the journal between two runs of the program, at any line, sometimes because it is damaged; crashed like these.
    mutating func repair(_ state: DiskState) throws -> DiskState {
        let lines = try lines(of: state)
        guard let index = lines.indices.randomElement(using: &random) else { return state }
        let cut = lines[index]
        let order = Order(segment: cut.segment, offset: Int64(cut.range.lowerBound), id: "id\(random.next() % 1000)")
        var state = state
        let isDamaged = cut.segment < lines[lines.count - 1].segment && random.next() & 1 == 0
        if isDamaged { damage(&state, at: cut) }

        let before = promise
        promise = LedgerPromise(
            id: index == 0 ? nil : order.id, first: lines[0].entry.seq, last: cut.entry.seq - 1,
            entries: lines[..<index].map(\.entry))
        // Pruning may have gone no further than to the page cache.
        promise.begins = before.begins.lowerBound...max(before.begins.lowerBound, lines[0].entry.seq)
        // And so may a drop.
        promise.gaps.mayGrow = before.gaps.mayGrow
        if before.gaps.mayGrow { promise.gaps.certain = before.gaps.certain.filter { $0 < cut.entry.seq } }
        // Either the one or the other, and never a mixture.
        var during = promise
        during.order = order
        during.setAside = before.setAside + pieces(of: state, lines[index...])
        if !isDamaged { during.others = [before] }
        var synced = state
        for inode in synced.files.indices { synced.synchronize(inode) }
        synced.synchronizeNames()
        promise.setAside = before.setAside + pieces(of: synced, lines[index...])

        let moments = Recorder<DiskState>()
        let disk = SimulatedDisk(state, keepsCalls: false) { moments.add($0) }
        try perform(order, on: disk)
        try crash(at: moments.all.map { Moment(state: $0, promise: during) })
        try crash(at: [Moment(state: disk.state, promise: promise)])
        // Whatever stands there when it is run again.
        during.others = []
        for state in crashes && index > 0 && lines[index - 1].entry.seq <= before.last ? moments.all : [] {
            let disk = SimulatedDisk(state.afterPowerCut(using: &random), keepsCalls: false)
            try perform(order, on: disk)
            states += 1
            _ = try start(disk, during)
        }
        return crashes && random.next() % 3 == 0 ? disk.state.afterPowerCut(using: &random) : disk.state
    }

    func perform(_ order: Order, on disk: SimulatedDisk) throws {
        do {
            _ = try JournalRepair.cut(
                disk, segment: order.segment, offset: order.offset, randomID: order.id, time: 0, dryRun: false)
        } catch { throw Violation("no repair: \(error)") }
    }

    func lines(of state: DiskState) throws -> [Line] {
        var lines: [Line] = []
        var (segment, offset) = (Int64(0), 0)
        let reader = try JournalReader(SimulatedDisk(state, keepsCalls: false))
        _ = try reader.forEachLine { line, entry in
            if reader.segments.contains(entry.seq) { (segment, offset) = (entry.seq, 0) }
            lines.append(Line(segment: segment, range: offset..<offset + line.count + 1, entry: entry))
            offset += line.count + 1
        }
        return lines
    }

    /// A line that had been synced, and is not what it was.
    private mutating func damage(_ state: inout DiskState, at line: Line) {
        guard let inode = state.names[SegmentName.name(firstSeq: line.segment)] else { return }
        state.synchronize(inode)
        state.files[inode].cache[line.range.lowerBound + Int(random.next() % 100)] ^= 1
        state.files[inode].durable = state.files[inode].cache
        // With a checkpoint behind it, the damage would go unnoticed, and nobody would order a repair.
        if state.names[Checkpoint.name] != nil {
            state.apply(.remove(Checkpoint.name))
            state.synchronizeNames()
        }
    }

    /// What is to be cut, segment by segment, as far as it is on the disk.
    private func pieces(of state: DiskState, _ lines: ArraySlice<Line>) -> [LedgerPromise.Piece] {
        Dictionary(grouping: lines, by: \.segment).sorted { $0.key < $1.key }.compactMap { segment, lines in
            guard let inode = state.durableNames[SegmentName.name(firstSeq: segment)], let last = lines.last else {
                return nil
            }
            let file = state.files[inode]
            guard file.durable == file.cache, file.pending.isEmpty else { return nil }
            let offset = lines[0].range.lowerBound
            return LedgerPromise.Piece(offset: offset, bytes: Array(file.cache[offset..<last.range.upperBound]))
        }
    }
}
