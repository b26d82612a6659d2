import JournalFormat
package import Ledger
import POSIX

/// The ledger's state up to a record, kept in the file `checkpoint` beside the segments, so that a start need not read what
/// stands before. A checkpoint that is missing or damaged costs time, never correctness.
///
/// The file holds 64-bit words, least significant byte first:
///
///     file = magic length seq segment offset count journal *( word ) crc
///
///   magic    `ecpdckp4`
///   length   how many bytes the journal's id has
///   seq      the last record whose effect is in it; it had been synced, so the checkpoint claims all up to it
///   segment  the first sequence number of the segment in which record seq stands
///   offset   where record seq begins in that segment, in bytes
///   count    how many words of state follow the id; see ``LedgerSnapshot``
///   journal  the journal's id, padded with zeros to whole words: a checkpoint of another journal is none
///   crc      CRC-32C over all bytes before
package struct Checkpoint: Sendable {
    static let name = "checkpoint"
    private static let magic = UInt64(littleEndianText: "ecpdckp4")
    private static let headWords = 6

    /// The journal's id.
    let journal: String
    /// The last record whose effect is in it.
    package var seq: Int64
    var segment: Int64
    var offset: Int64
    /// The state.
    package var snapshot: LedgerSnapshot
    /// Whether a start may begin at its record. When that is not where it should be, something is wrong with the journal:
    /// everything is read then, and what the checkpoint claims is missed.
    var isUsable = true

    // MARK: Bytes

    /// The file's content.
    package func encode() -> [UInt8] {
        let id = Array(journal.utf8)
        let head = [
            Self.magic, UInt64(id.count), UInt64(seq), UInt64(segment), UInt64(offset), UInt64(snapshot.words.count),
        ]
        var bytes: [UInt8] = []
        bytes.reserveCapacity((head.count + Self.words(of: id.count) + snapshot.words.count + 1) * 8)
        bytes.append(littleEndian: head)
        bytes += id + Array(repeating: 0, count: Self.words(of: id.count) * 8 - id.count)
        bytes.append(littleEndian: snapshot.words)
        bytes.append(littleEndian: [UInt64(CRC32C.checksum(bytes.span))])
        return bytes
    }

    /// Reads a file's content; nil when it is not whole.
    package init?(decoding bytes: [UInt8]) {
        let words = bytes.words
        guard bytes.count % 8 == 0, words.count > Self.headWords, words[0] == Self.magic,
            words[1] <= UInt64(bytes.count),
            words[words.count - 1] == UInt64(CRC32C.checksum(bytes.span.extracting(..<(bytes.count - 8)))),
            let seq = SequenceNumber.checked(words[2]), let segment = SequenceNumber.checked(words[3]),
            let offset = SequenceNumber.checked(words[4])
        else { return nil }
        let length = Int(words[1])
        let start = Self.headWords + Self.words(of: length)
        guard start < words.count, words[5] == UInt64(words.count - start - 1),
            let journal = String(
                validating: bytes[Self.headWords * 8..<Self.headWords * 8 + length], as: UTF8.self)
        else { return nil }
        self.journal = journal
        self.seq = seq
        self.segment = segment
        self.offset = offset
        snapshot = LedgerSnapshot(words: Array(words[start..<(words.count - 1)]))
    }

    /// The state as of a record; segment and offset are 0 where records are found by their numbers.
    package init(journal: String, seq: Int64, segment: Int64, offset: Int64, snapshot: LedgerSnapshot) {
        self.journal = journal
        self.seq = seq
        self.segment = segment
        self.offset = offset
        self.snapshot = snapshot
    }

    /// Whether it is of the journal with that id.
    package func isOf(_ journal: String) -> Bool { journal == self.journal }

    private static func words(of bytes: Int) -> Int { (bytes + 7) / 8 }

    // MARK: The file

    /// Reads the checkpoint that is there; nil when there is none that is whole and of the journal beside it.
    static func read(_ disk: any Disk) -> Checkpoint? {
        do throws(SystemError) {
            guard let bytes = try disk.contents(of: name), var checkpoint = Checkpoint(decoding: bytes),
                try checkpoint.isOfJournal(disk)
            else { return nil }
            // Where it stands now: its segment may have been compacted.
            let line =
                try disk.segments().contains(checkpoint.segment)
                ? try? disk.line(checkpoint.seq, in: checkpoint.segment, at: checkpoint.offset, claimed: 0) : nil
            checkpoint.offset = line?.offset ?? checkpoint.offset
            checkpoint.isUsable = line != nil
            return checkpoint
        } catch {
            return nil
        }
    }

    /// The record at which the checkpoint was taken that is there, whatever journal it is of; nil when there is none that is whole.
    static func seq(on disk: any Disk) throws(SystemError) -> Int64? {
        try disk.contents(of: name).flatMap { Checkpoint(decoding: $0) }?.seq
    }

    /// Whether the newest segment is of its journal.
    private func isOfJournal(_ disk: any Disk) throws(SystemError) -> Bool {
        guard let newest = try disk.segments().last, case .opened(let opened)? = try disk.head(of: newest)?.record
        else { return false }
        return isOf(opened.journal)
    }

}

extension UInt64 {
    fileprivate init(littleEndianText text: String) {
        self = text.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian words: [UInt64]) {
        // On a little-endian machine the words are their own bytes.
        words.map { $0.littleEndian }.withUnsafeBytes { append(contentsOf: $0) }
    }

    /// The whole words in these bytes.
    fileprivate var words: [UInt64] {
        withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
            }
        }
    }
}
