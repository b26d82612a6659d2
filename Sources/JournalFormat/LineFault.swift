/// What is wrong at a place in a journal: with a line, or with the segment that begins there.
package enum LineFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file ends before the line does.
    case cutShort
    /// All of it is there and good, but for its newline.
    case noNewline
    /// Longer than ``RecordCodec/maximumLineLength``.
    case tooLong
    /// It does not begin as every record does.
    case form
    /// Its bytes are not those that were checksummed: what it says and what was computed.
    case checksum(says: String, computed: String)
    /// Its number is not the one that belongs there.
    case sequence(expected: Int64, found: Int64)
    /// It is the first of a segment, and no `opened`.
    case noHead
    /// It is not there, although everything up to `claimed` had been synced.
    case missing(expected: Int64, claimed: Int64)
    /// The segment begins with another record than the one that comes next.
    case begins(with: Int64, insteadOf: Int64)
    /// It is the first segment, and begins behind the record with which the journal has to begin.
    case beginning(with: Int64, insteadOf: Int64)
    /// Its first record is another than its name says.
    case renamed(to: Int64, from: Int64)
    /// A record is gone on purpose: a repair has given it up, or it was dropped.
    case givenUp(Int64)
    /// A closed segment is gone.
    case gone(ClosedSegment)
    /// A closed segment is not what it was: its length now, and the checksum of its bytes where they were read.
    case changed(ClosedSegment, size: Int64, checksum: UInt32?)
    /// The segment before it is not the one that it names.
    case chain(says: UInt32, found: UInt32)
    /// It is of another journal than the segment before it.
    case otherJournal(String, before: String)
    /// It is a file beside the segments, and not whole: what it says, as a sentence's end.
    case notWhole(says: String)
    /// The system does not give its bytes out: why.
    case refused(String)
    /// It passes its checksum, but it is no record of this format: which member, and why.
    case content(String)
    /// It is good, and a later version of the program wrote it: no damage.
    case laterVersion(LaterVersion)

    /// E.g. `its checksum says 9a3f01c4, but its bytes give 00c0ffee`.
    package var description: String {
        switch self {
        case .cutShort: "the line is cut short by the end of the file"
        case .noNewline: "only the newline at the end of the line is missing"
        case .tooLong: "the line is longer than \(RecordCodec.maximumLineLength) bytes"
        case .form: "the line does not begin with a checksum and a sequence number"
        case .checksum(let says, let computed): "its checksum says \(says), but its bytes give \(computed)"
        case .sequence(let expected, let found): "record \(expected) should stand there, but it is record \(found)"
        case .noHead: #"it is the segment's first record, but its kind is not "opened""#
        case .missing(let expected, let claimed):
            "record \(expected) is missing, but records up to \(claimed) had been synced"
        case .begins(let found, let expected):
            """
            record \(expected) should stand there, but it is record \(found): a segment is missing or has another name, or the one \
            before it is not as long as it was
            """
        case .beginning(let found, let expected):
            """
            the journal should begin with record \(expected), and begins with record \(found): segments before it are missing or \
            have other names, and no pruning removed them
            """
        case .renamed(let name, let first):
            "its first record is \(first), and its name says \(name): it was renamed, or another file has been put in its place"
        case .givenUp(let seq): "record \(seq) is among those that a repair gave up, or that were dropped"
        case .gone(let segment):
            "the segment is gone; when it was closed, it held records \(segment.first) to \(segment.last)"
        case .changed(let segment, let size, nil):
            "the segment has \(size) bytes, and had \(segment.size) when it was closed"
        case .changed(let segment, let size, let checksum?):
            """
            the segment has \(size) bytes with the checksum \(CRC32C.text(of: checksum)), and had \(segment.size) with \
            \(CRC32C.text(of: segment.checksum)) when it was closed: it was changed, or another file has been put in its place
            """
        case .chain(let says, let found):
            """
            it names the checksum of the segment before it as \(CRC32C.text(of: says)), and that is \(CRC32C.text(of: found)): one of \
            the two was changed, or another file has been put in its place
            """
        case .otherJournal(let journal, let before):
            "it is of the journal \(journal), and the segment before it of the journal \(before)"
        case .notWhole(let what): "the file is damaged; it says \(what)"
        case .refused(let reason): "its bytes cannot be had: \(reason)"
        case .content(let problem): "its checksum is right, but \(problem)"
        case .laterVersion(let later): "\(later); hint: \(later.hint)"
        }
    }
}
