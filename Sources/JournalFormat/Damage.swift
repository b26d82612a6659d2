package import JSON

/// Something in a journal that is not as it was written: the one description of it for all who come across it.
package struct Damage: Error, Hashable, Sendable {
    /// The file's name in the journal's directory; `the database` where there are no files.
    package let file: String
    /// Where in it, in bytes.
    package let offset: Int64
    /// What it is.
    package let fault: LineFault
    /// The records that cannot be read for it; nil where nobody has found out, or where none is lost.
    package let lost: ClosedRange<Int64>?
    /// The last resort, where there is one.
    package let repair: Repair?

    /// A `journal repair`.
    package enum Repair: Hashable, Sendable {
        /// Cuts the journal at a place.
        case cut(String, Int64)
        /// Has the journal begin with a segment.
        case beginning(String)
        /// Has it go on without the records that are missing.
        case gaps

        /// What it is given on the command line.
        package var options: String {
            switch self {
            case .cut(let file, let offset): "--segment \(file) --at \(offset)"
            case .beginning(let file): "--segment \(file) --begins-here"
            case .gaps: "--accept-gaps"
            }
        }
    }

    package init(
        file: String, offset: Int64, fault: LineFault, lost: ClosedRange<Int64>? = nil, repair: Repair? = nil
    ) {
        self.file = file
        self.offset = offset
        self.fault = fault
        self.lost = lost ?? fault.lost
        self.repair = repair ?? (SegmentName.firstSeq(of: file) == nil ? nil : fault.repair(file, offset))
    }

    /// The same of a segment that begins with record `first`.
    package init(segment first: Int64, offset: Int64, fault: LineFault, lost: ClosedRange<Int64>? = nil) {
        self.init(file: SegmentName.name(firstSeq: first), offset: offset, fault: fault, lost: lost)
    }

    /// The same where there are no files.
    package init(inDatabase lost: ClosedRange<Int64>, _ fault: LineFault) {
        self.init(file: "the database", offset: 0, fault: fault, lost: lost)
    }

    /// The same for who has found out which records it costs.
    package func losing(_ lost: ClosedRange<Int64>) -> Damage {
        Damage(file: file, offset: offset, fault: fault, lost: lost)
    }

    /// For scripts.
    package var json: JSONValue { .object(members) }

    /// The members of that object.
    package var members: [JSONValue.Member] {
        [.init("segment", .string(file)), .init("offset", .integer(offset))]
            + (lost.map { [.init("from", .integer($0.lowerBound)), .init("to", .integer($0.upperBound))] } ?? [])
            + [.init("reason", .string("\(fault)")), .init("hint", .string(hint))]
    }

    /// What it costs, e.g. `records 12 to 20 cannot be read`; nil when that is not known.
    package var cost: String? {
        guard let lost else { return nil }
        return lost.count == 1
            ? "record \(lost.lowerBound) cannot be read"
            : "records \(lost.lowerBound) to \(lost.upperBound) cannot be read"
    }

    /// What to do about it, in the imperative.
    package var hint: String {
        guard let repair, let effect else { return mend }
        return "\(mend); \(effect): \"ecryptopayd journal repair \(repair.options)\""
    }

    /// The same without the last resort.
    package var mend: String {
        switch fault {
        case .laterVersion(let later): later.hint
        case .content:
            "if a later version of ecryptopayd wrote it, use that version; else restore \(file) from a backup"
        case .noNewline: "start the daemon, which adds it"
        case .givenUp:
            "restore the segments that are missing from a backup; without one, what the API says of their payments counts"
        case .beginning: "restore the segments before it from a backup"
        case .begins: "look whether a segment was moved or renamed, and put it back, or restore it from a backup"
        case .renamed(_, let first):
            "give it back the name \(SegmentName.name(firstSeq: first)), or restore \(file) from a backup"
        case .chain, .otherJournal: "restore \(file) and the segment before it from a backup"
        case .notWhole where repair == nil: "start the daemon, which writes it anew"
        default: "restore \(file) from a backup"
        }
    }

    /// When the last resort is to be taken, and what it does; nil without one.
    package var effect: String? {
        switch repair {
        case nil: nil
        case .cut:
            "as the last resort, cut the journal there, which keeps what it cuts in files of other names"
        case .beginning:
            "if there is none, or they were removed on purpose, have the journal begin with the first segment that is there"
        case .gaps: "if there is none, go on without the records that are missing; nothing that is there is cut"
        }
    }
}

extension Damage: CustomStringConvertible {
    /// What and where it is, and what it costs: e.g. `00000000000000000001.jsonl at byte 4711: the line is cut short by the end of the file;
    /// record 17 cannot be read`.
    package var description: String {
        "\(file)\(isAboutTheWhole ? "" : " at byte \(offset)"): \(fault)\(cost.map { "; \($0)" } ?? "")"
    }
}

extension Damage {
    private var isAboutTheWhole: Bool {
        switch fault {
        case .notWhole, .gone, .changed, .renamed: true
        default: SegmentName.firstSeq(of: file) == nil
        }
    }
}

extension LineFault {
    /// The records that are not there, where the fault itself says so.
    fileprivate var lost: ClosedRange<Int64>? {
        switch self {
        case .sequence(let expected, let found), .begins(let found, let expected), .beginning(let found, let expected):
            found > expected ? expected...(found - 1) : nil
        case .missing(let expected, let claimed): expected...max(expected, claimed)
        case .gone(let segment): segment.first...max(segment.first, segment.last)
        default: nil
        }
    }

    fileprivate func repair(_ file: String, _ offset: Int64) -> Damage.Repair? {
        switch self {
        case .laterVersion, .content, .noNewline, .notWhole, .renamed: nil
        case .beginning: .beginning(file)
        case .begins(let found, let expected) where found > expected: .gaps
        case .gone: .gaps
        default: .cut(file, offset)
        }
    }
}
