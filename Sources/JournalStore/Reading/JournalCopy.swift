/// A record on its way from one place to another.
package struct CopiedRecord: Hashable, Sendable {
    /// Its number.
    package var seq: Int64
    /// Its line, without the newline.
    package var line: [UInt8]
    /// Whether a segment begins with it, where it comes from.
    package var beginsSegment: Bool

    package init(seq: Int64, line: [UInt8], beginsSegment: Bool) {
        self.seq = seq
        self.line = line
        self.beginsSegment = beginsSegment
    }
}

/// Where a journal is copied from. Nobody writes it meanwhile.
package protocol CopySource {
    /// The journal's id; nil when there is none.
    var journal: String? { get }

    /// About how many bytes there are, for whoever waits.
    var bytes: Int64 { get }

    /// The records behind a number, in order, about a mebibyte of them; none at the end. Numbers that are passed over were dropped.
    /// Throws ``JournalCopyFault/damaged(_:)`` for whatever is not good, and ``JournalCopyFault/laterVersion(_:)``.
    mutating func page(after seq: Int64) throws -> [CopiedRecord]
}

/// Where a journal is copied to. No daemon runs on it before it is whole.
package protocol CopyTarget {
    /// What is there.
    var content: CopyContent { get }

    /// Begins, or goes on: what follows is the journal of this id. Answers behind which record.
    mutating func begin(journal: String) throws -> Int64

    /// Takes what follows. Numbers that are passed over were dropped.
    mutating func append(_ records: [CopiedRecord]) throws

    /// All of it has come: has it be durable. It is still no journal.
    mutating func seal() throws

    /// It is one now.
    mutating func finish() throws

    /// Reads what is there.
    func source() throws -> any CopySource
}

/// What a place to copy to holds.
package enum CopyContent: Hashable, Sendable {
    /// Nothing.
    case nothing
    /// The beginning of a journal with this id, from a copy that was interrupted.
    case part(journal: String)
    /// A journal.
    case whole(journal: String)
}

/// Why a journal was not copied.
package enum JournalCopyFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is nothing to copy.
    case nothingThere
    /// What was to be copied is not whole: what is wrong, and where.
    case damaged(String)
    /// What was to be copied was written by a later version of the program: what this one cannot read, and where.
    case laterVersion(String)
    /// What was to be copied is itself the rest of a copy, or of a repair, that was interrupted.
    case unfinished
    /// Something is in the way where it should go.
    case occupied(String)
    /// Both are there and differ, first in this record.
    case differs(seq: Int64)
    /// What was written reads otherwise: how.
    case misread(String)
    /// The whole journal was there before, and differs, first in this record.
    case goneOn(seq: Int64)

    /// What is wrong, and how to mend it.
    package var description: String {
        switch self {
        case .nothingThere: "there is no journal to copy"
        case .damaged(let fault):
            """
            what is to be copied is damaged: \(fault). "ecryptopayd journal verify" lists all that is wrong; if that is only its end, \
            the daemon's next start sets it aside
            """
        case .laterVersion(let fault): "what is to be copied cannot be read: \(fault)"
        case .unfinished:
            "what is to be copied is itself half of a journal: a copy to it, or a repair of it, was interrupted; bring that to its end first"
        case .occupied(let what): "\(what); copy to an empty place"
        case .differs(let seq):
            "the copy differs from what was copied, first in record \(seq): remove the copy, and copy again"
        case .misread(let fault):
            "the copy does not read as it was written: \(fault). Look for the disk's errors in the kernel's log (dmesg), and remove the copy"
        case .goneOn(let seq):
            """
            the same journal is there already, and differs, first in record \(seq): a daemon has gone on with one of the two. \
            Nothing was changed
            """
        }
    }
}

/// Copies a journal line by line, and proves both sides equal. It may be interrupted at any time, and is gone on with by the next run.
package struct JournalCopy {
    /// What both sides hold.
    package struct Report: Hashable, Sendable {
        /// How many records.
        package internal(set) var records: Int64 = 0
        /// How many bytes their lines have, with their newlines.
        package internal(set) var bytes: Int64 = 0
    }

    private var source: any CopySource
    private var target: any CopyTarget
    private let progress: (Int64) -> Void

    /// Reads what would be copied, all of it; nothing is changed. `progress` hears of the bytes read.
    package static func measure(_ source: any CopySource, progress: (Int64) -> Void = { _ in }) throws -> Report {
        guard source.journal != nil else { throw JournalCopyFault.nothingThere }
        var source = source
        var report = Report()
        var last: Int64 = 0
        while true {
            let page = try source.page(after: last)
            guard let end = page.last?.seq else { return report }
            report.add(page)
            last = end
            progress(report.bytes)
        }
    }

    /// Refuses a target that is another journal.
    package static func check(_ source: any CopySource, _ target: any CopyTarget) throws {
        guard let journal = source.journal else { throw JournalCopyFault.nothingThere }
        switch target.content {
        case .nothing: break
        case .part(let other) where other != journal:
            throw JournalCopyFault.occupied("it is to go where half a copy of another journal is")
        case .whole(let other) where other != journal:
            throw JournalCopyFault.occupied("it is to go where another journal is")
        case .part, .whole: break
        }
    }

    /// Copies, and compares. Where all of it is there already, it only compares. `progress` hears of the bytes copied.
    package static func run(
        from source: any CopySource, to target: any CopyTarget, progress: (Int64) -> Void = { _ in }
    ) throws -> Report {
        try withoutActuallyEscaping(progress) { progress in
            var copy = JournalCopy(source: source, target: target, progress: progress)
            return try copy.run()
        }
    }

    private mutating func run() throws -> Report {
        try Self.check(source, target)
        if case .whole = target.content {
            do {
                let report = try compare()
                try target.finish()
                return report
            } catch JournalCopyFault.differs(let seq) {
                throw JournalCopyFault.goneOn(seq: seq)
            }
        }
        var last = try target.begin(journal: source.journal ?? "")
        var copied: Int64 = 0
        while true {
            let page = try source.page(after: last)
            guard let end = page.last?.seq else { break }
            try target.append(page)
            last = end
            copied += page.reduce(0) { $0 + Int64($1.line.count) + 1 }
            progress(copied)
        }
        try target.seal()
        let report = try compare()
        try target.finish()
        return report
    }

    private mutating func compare() throws -> Report {
        var report = Report()
        var copy = try Self.readingBack { try target.source() }
        var (ours, theirs): (ArraySlice<CopiedRecord>, ArraySlice<CopiedRecord>) = ([], [])
        var (last, copied): (Int64, Int64) = (0, 0)
        while true {
            if ours.isEmpty { ours = try source.page(after: last)[...] }
            if theirs.isEmpty { theirs = try Self.readingBack { try copy.page(after: copied) }[...] }
            guard let one = ours.popFirst() else {
                if let more = theirs.first { throw JournalCopyFault.differs(seq: more.seq) }
                return report
            }
            guard let other = theirs.popFirst(), other.seq == one.seq, other.line == one.line else {
                throw JournalCopyFault.differs(seq: one.seq)
            }
            report.add([one])
            (last, copied) = (one.seq, other.seq)
        }
    }

    private static func readingBack<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch JournalCopyFault.damaged(let fault) { throw JournalCopyFault.misread(fault) }
    }
}

extension JournalCopy.Report {
    fileprivate mutating func add(_ records: [CopiedRecord]) {
        self.records += Int64(records.count)
        bytes += records.reduce(0) { $0 + Int64($1.line.count) + 1 }
    }
}
