import JournalFormat
package import Ledger

/// What becomes of a journal's files while nobody has them open: bits flip, and somebody takes one file for another.
package enum DamageAtRest: Hashable, Sendable {
    /// One bit of a file is not what it was.
    case flip(String, bit: Int)
    /// Two segments have each other's names.
    case swap(String, String)
    /// A segment is of another journal, with the same numbers.
    case foreign(String)
    /// A segment tells something else in as many bytes, and each line has the right checksum.
    case rewritten(String, line: Int)
    case remove(String)
    case cut(String, Int)

    /// Something that befalls one of these segments, which are in order, or a file beside them; nil without any.
    package init?(of segments: [String], on state: DiskState, using random: inout SplitMix64) {
        guard let last = segments.last, let segment = segments.randomElement(using: &random) else { return nil }
        func size(_ name: String) -> Int { state.content(name)?.count ?? 0 }
        let others = ["durable", "checkpoint", "segments", "pruned", "dropped"].filter { size($0) > 0 }
        let kind = random.next() % 10
        let other = others.randomElement(using: &random)
        let another = segments.randomElement(using: &random)!
        let place = Int(random.next() >> 1)
        switch kind {
        case 0...2: self = .flip(segment, bit: place % max(1, size(segment) * 8))
        case 3, 4:
            guard let other else { return nil }
            self = .flip(other, bit: place % (size(other) * 8))
        case 5:
            guard another != segment else { return nil }
            self = .swap(segment, another)
        case 6:
            // Of the only one there is nobody can tell.
            guard segments.count > 1 else { return nil }
            self = .foreign(segment)
        case 7:
            // What was rewritten in the one to which more is added is told by nothing.
            guard segment != last else { return nil }
            self = .rewritten(segment, line: place)
        case 8: self = .remove(segment)
        default: self = .cut(segment, place % max(1, size(segment)))
        }
    }

    /// The files that it befalls.
    package var files: [String] {
        switch self {
        case .flip(let file, _), .foreign(let file), .rewritten(let file, _), .remove(let file), .cut(let file, _):
            [file]
        case .swap(let one, let other): [one, other]
        }
    }

    /// Does it.
    package func apply(to state: inout DiskState) {
        switch self {
        case .flip(let file, let bit): change(file, &state) { $0[bit / 8] ^= 1 << UInt8(bit % 8) }
        case .swap(let one, let other):
            let (first, second) = (state.content(one) ?? [], state.content(other) ?? [])
            change(one, &state) { $0 = second }
            change(other, &state) { $0 = first }
        case .foreign(let file): change(file, &state) { $0 = Self.lines($0).flatMap(Self.foreign) }
        case .rewritten(let file, let number):
            change(file, &state) { bytes in
                var lines = Self.lines(bytes)
                lines[number % lines.count] = Self.rewritten(lines[number % lines.count])
                bytes = Array(lines.joined())
            }
        case .remove(let file):
            state.names[file] = nil
            state.durableNames[file] = nil
        case .cut(let file, let size): change(file, &state) { $0 = Array($0.prefix(size)) }
        }
    }

    private func change(_ file: String, _ state: inout DiskState, _ body: (inout [UInt8]) -> Void) {
        guard var bytes = state.content(file), let inode = state.names[file] else { return }
        body(&bytes)
        state.files[inode] = DiskState.File(cache: bytes, durable: bytes)
    }

    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
    }

    /// A record as another journal has it.
    private static func foreign(_ line: [UInt8]) -> [UInt8] {
        let record = Array(line.dropLast())
        guard let entry = try? Entry(line: record.span), case .opened(var opened) = entry.record else {
            return line
        }
        opened.journal = "another"
        opened.chain = opened.chain.map { ~$0 }
        var bytes: [UInt8] = []
        RecordCodec.append(
            .opened(opened), seq: entry.seq, durable: entry.durable, time: entry.time, to: &bytes)
        return bytes
    }

    /// A report or an answer with another amount; any other record with another time.
    private static func rewritten(_ line: [UInt8]) -> [UInt8] {
        var line = line
        let amount = Array(#""amount":""#.utf8)
        let time = Array(#""time":""#.utf8)
        guard let range = line.firstRange(of: amount) ?? line.firstRange(of: time) else { return line }
        line[range.upperBound] = line[range.upperBound] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
        // The checksum stands in the ninth byte and those behind it, and is over what follows.
        let body = Array(line[18..<line.count - 1])
        line.replaceSubrange(8..<16, with: CRC32C.text(of: CRC32C.checksum(body.span)).utf8)
        return line
    }
}

extension DiskState {
    /// A file's content as a reader sees it; nil when it is not there.
    package func content(_ name: String) -> [UInt8]? { names[name].map { files[$0].cache } }

    /// All that a reader sees is on the disk, as after a while without a crash.
    package func writtenBack() -> DiskState {
        var state = self
        for inode in state.files.indices {
            state.files[inode] = File(cache: state.files[inode].cache, durable: state.files[inode].cache)
        }
        state.durableNames = state.names
        state.pendingNames = []
        return state
    }
}
