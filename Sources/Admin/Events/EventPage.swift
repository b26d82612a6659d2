import JSON
import JournalFormat
import Ledger

/// Some records that follow each other, as `/events` sends them.
struct EventPage: Sendable {
    /// So many bytes are read at a time: little enough that a thousand readers may have as much before them.
    static let size = 32 << 10

    /// Lines with their newlines.
    private(set) var bytes: [UInt8] = []
    /// Of each line its kind, and where it ends.
    private var lines: [(kind: String, end: Int)] = []
    /// What cannot be read of it.
    private(set) var damage: [Damage] = []
    /// Reads on behind it.
    private(set) var end: any RecordReader

    /// Reads what follows; returns what stands in the way of more.
    init(behind reader: any RecordReader, durable: Int64) throws {
        end = reader
        var page: [UInt8] = []
        var damage: [Damage] = []
        var lines: [(String, Int)] = []
        let fault = try end.read(atMost: Self.size, upTo: durable) { line, entry in
            page += line
            page.append(UInt8(ascii: "\n"))
            lines.append((entry.record.kind, page.count))
        } pruned: { gone in
            // No record, and a reader that keeps count has to know: these will not come.
            page += #"{"kind":"pruned","from":\#(gone.lowerBound),"to":\#(gone.upperBound)}\#n"#.utf8
            lines.append((Self.gap, page.count))
        } damaged: { gone in
            page += JSONValue.object([.init("kind", .string("damaged"))] + gone.members).serialized()
            page.append(UInt8(ascii: "\n"))
            lines.append((Self.gap, page.count))
            damage.append(gone)
        }
        bytes = page
        self.lines = lines
        self.damage = damage
        if let fault, page.isEmpty { throw EventFault(description: fault) }
    }

    /// For the kind of a line that tells of records that do not come.
    private static let gap = ""

    /// The lines of some kinds; all of them without any.
    func bytes(ofKinds kinds: Set<String>) -> [UInt8] {
        if kinds.isEmpty { return bytes }
        var chosen: [UInt8] = []
        var start = 0
        for line in lines {
            if kinds.contains(line.kind) || line.kind == Self.gap { chosen += bytes[start..<line.end] }
            start = line.end
        }
        return chosen
    }
}

/// A line of the journal that cannot be shown.
struct EventFault: Error, CustomStringConvertible {
    let description: String
}
