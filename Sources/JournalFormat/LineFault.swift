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
        case .content(let problem): "its checksum is right, but \(problem)"
        case .laterVersion(let later): "\(later); hint: \(later.hint)"
        }
    }
}
