import CivilTime
import JSON

// The journal, format 1
// =====================
//
// A journal is a directory of segments. A segment is a file named by the sequence number of its first record in twenty
// decimal digits, with `.jsonl` behind. It holds lines, each of at most 4 MiB, newline included. Each line is one record:
// a JSON object (RFC 8259, UTF-8) whose members begin in exactly this order and spelling, without white space:
//
//     {"crc":"9a3f01c4","seq":17,"durable":12,"time":"2026-11-22T22:31:04.512345Z","kind":"received",…}\n
//
//   crc      CRC-32C as eight lower-case hexadecimal digits, over every byte from the quotation mark of "seq" to the closing
//            brace, both included: all that stands between the comma behind the checksum and the newline.
//   seq      1 for the first record of the journal; each next record, in the next segment too, has one more, but for records
//            that were dropped (see below).
//   durable  every record with a seq up to this had been synced when this record was written. Less than seq.
//   time     when it was written, UTC, in microseconds. For people: nothing is ordered by it.
//   kind     says which members follow; `payment` comes next in every record about a payment.
//
// A line is good if and only if it ends with a newline, has that form, its checksum is right, and its seq is the one that
// is expected where it stands. Readers ignore members that they do not know, and pass over a record of a kind that they do not
// know if it has the member `"skip":true`. At any other kind they stop: it is no damage, but a later version's.
//
// The first record of every segment is of kind `opened`. It names the `format` of what follows, and as `reads` the oldest format
// whose reader may go on with it; without `reads`, that is its `format`. A reader knows its own format and the one before. A
// segment is synced whole before the next one is created, and the directory is synced when a segment has been created, before
// anything in it is acknowledged.
//
// Segments are chained: an `opened` names as `chain` the CRC-32C of all bytes of the segment before the one in which it stands, in
// eight hexadecimal digits; `00000000`, that of nothing, in the first. Where that segment was dropped or pruned nothing can be
// compared. Segments without `chain` were written before there was such a member; nothing is asked of the one behind them either. The
// file `segments` beside them (see ``SegmentManifest``) says of closed segments what they have to be.
//
// Where it begins: with record 1, or, once old segments were pruned, with the one that the file `pruned` beside the segments
// names (a number with a checksum, like `durable`). That file is on the disk before the first segment goes; segments before it
// are no part of the journal, should a crash bring them back. A journal that begins later than that has lost its beginning.
//
// What was dropped: when the disk runs low, whole segments in which every report was refuted go, from wherever in the journal.
// The file `dropped` beside the segments (see ``DroppedRanges``) names the ranges of their records, and is on the disk before the
// first of them goes. At a segment's beginning, and at the journal's, the seq may be greater than the one that follows if and
// only if every number between is in a range. Segments that begin in a range are no part of the journal, should a crash leave
// them or bring them back, as long as the segment right behind the range is there; if that is the one that `pruned` names, the
// segment behind its range counts for it. A report that a checkpoint has waiting and that is in a range was refuted. A
// `refuted` whose report stays is written again before it goes, so one report may have two. A range that does not end before the
// journal does is taken out before any number is given again: it tells of a journal that was cut, or replaced by a backup.
//
// A range may also name records within a segment, of which the first and the last are none: it was compacted. Such a record may be there
// or not, and is no part of the journal. What the next segment's `chain` names is the segment as it was before.
//
// What is proven: a record is *claimed* when something says that it had been synced:
//   - the `durable` of any good line, also of one that stands behind a bad line;
//   - the name of a later segment: it claims every record before its own first;
//   - the file `checkpoint` beside the segments, if it is whole and of this journal: it claims the record it was taken at;
//   - the file `durable` beside the segments, if its own checksum is right (see ``DurableMark``).
// A claim is always true. Its absence proves nothing.
//
// Recovery: the first line that is not good, and all behind it, is a *torn tail* if nothing claims the record that should
// stand there, and is set aside and cut off; it is *corruption* if something does, and then nothing is changed. Records
// that are good but not claimed are rewritten in place and synced before anything else happens, because a page cache can
// show, after a failed sync, what the disk does not hold. So it is with names: a last segment in which no record is claimed
// is written into a new file, synced, and renamed into its place, before the directory is synced.

/// Records to bytes, and back.
package enum RecordCodec {
    /// The format that this code writes. Whoever changes it reads "What may change" in the article about the journal first.
    package static let format = 1
    /// The oldest format whose reader may go on with what this code writes.
    package static let reads = 1
    /// Longer lines are neither written nor read; the newline counts.
    package static let maximumLineLength = 4 << 20

    /// `{"crc":"` + eight digits + `",` — what stands before the bytes that the checksum covers.
    static let prefixLength = 18

    /// Appends a record's line, newline included.
    package static func append(_ record: Record, seq: Int64, durable: Int64, time: Int64, to output: inout [UInt8]) {
        let start = output.count
        appendHead(record.kind, seq: seq, durable: durable, time: time, to: &output)
        if let payment = record.payment { append(payment, named: #","payment":"#, to: &output) }
        appendMembers(of: record, to: &output)
        append("}", to: &output)
        seal(from: start, &output)
    }

    /// Appends the line of a `received` record whose members were encoded before.
    package static func append(
        _ members: ReceivedMembers, seq: Int64, durable: Int64, time: Int64, to output: inout [UInt8]
    ) {
        let start = output.count
        appendHead("received", seq: seq, durable: durable, time: time, to: &output)
        append(",", to: &output)
        output.append(contentsOf: members.json.dropFirst())
        seal(from: start, &output)
    }

    /// A JSON object of the members that only a `received` record has.
    static func members(of received: Record.Received) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(received.report.count + 128)
        append(received.payment, named: #"{"payment":"#, to: &output)
        appendMembers(of: .received(received), to: &output)
        append("}", to: &output)
        return output
    }

    private static func appendHead(
        _ kind: String, seq: Int64, durable: Int64, time: Int64, to output: inout [UInt8]
    ) {
        append(#"{"crc":"00000000","seq":"#, to: &output)
        append(seq, to: &output)
        append(#","durable":"#, to: &output)
        append(durable, to: &output)
        append(#","time":""#, to: &output)
        UTCTime(nanoseconds: time).appendISO8601(fractionDigits: 6, to: &output)
        append(#"","kind":""#, to: &output)
        output.append(contentsOf: kind.utf8)
        append("\"", to: &output)
    }

    /// Puts the checksum into the line that begins at `start`, and ends it.
    private static func seal(from start: Int, _ output: inout [UInt8]) {
        let crc = CRC32C.checksum(output.span.extracting((start + prefixLength)..<output.count))
        let digits = CRC32C.digits(of: crc)
        for index in 0..<8 { output[start + 8 + index] = UInt8(truncatingIfNeeded: digits >> UInt64(index * 8)) }
        append("\n", to: &output)
    }

    private static func appendMembers(of record: Record, to output: inout [UInt8]) {
        switch record {
        case .opened(let opened):
            append(Int64(opened.format), named: #","format":"#, to: &output)
            append(Int64(opened.reads), named: #","reads":"#, to: &output)
            append(opened.journal, named: #","journal":"#, to: &output)
            append(opened.version, named: #","version":"#, to: &output)
            append(opened.api, named: #","api":"#, to: &output)
            append(opened.client, named: #","client":"#, to: &output)
            if let endpoints = opened.endpoints { append(endpoints, named: #","endpoints":"#, to: &output) }
            if let chain = opened.chain { append(CRC32C.text(of: chain), named: #","chain":"#, to: &output) }
            if let first = opened.checksumIDs { append(first, named: #","checksum_ids":"#, to: &output) }
            if let restore = opened.restore {
                append(restore.after, named: #","restored_after":"#, to: &output)
                append(time: restore.point, named: #","restored_point":"#, to: &output)
                append(time: restore.time, named: #","restored_at":"#, to: &output)
            }
        case .closed: break
        case .baseline(let count): append(Int64(count), named: #","count":"#, to: &output)
        case .known(_, let current): append(json: current, named: #","current":"#, to: &output)
        case .received(let received):
            append(received.peer, named: #","peer":"#, to: &output)
            append(json: received.report, named: #","report":"#, to: &output)
            append(received.deviations, named: #","deviations":"#, to: &output)
        case .confirmed(let confirmed):
            append(json: confirmed.current, named: #","current":"#, to: &output)
            append(json: Array((confirmed.news ? "true" : "false").utf8), named: #","news":"#, to: &output)
            append(confirmed.of, named: #","of":"#, to: &output)
            append(confirmed.cause.rawValue, named: #","cause":"#, to: &output)
        case .refuted(_, let of, let reason):
            append(of, named: #","of":"#, to: &output)
            append(reason, named: #","reason":"#, to: &output)
        case .abandoned(let abandoned):
            append(abandoned.of, named: #","of":"#, to: &output)
            append(Int64(abandoned.attempts), named: #","attempts":"#, to: &output)
            append(abandoned.error, named: #","error":"#, to: &output)
        case .delivered(let delivery), .undeliverable(let delivery):
            append(delivery.of, named: #","of":"#, to: &output)
            append(delivery.endpoint, named: #","endpoint":"#, to: &output)
            append(Int64(delivery.attempts), named: #","attempts":"#, to: &output)
            if let status = delivery.status { append(Int64(status), named: #","status":"#, to: &output) }
            if let error = delivery.error { append(error, named: #","error":"#, to: &output) }
            if delivery.isUnreadable { append(Record.Delivery.unreadable, named: #","reason":"#, to: &output) }
        case .passedOver(let kind, _): preconditionFailure("a record of kind \(kind) is not this version's to write")
        }
    }

    // MARK: Members

    // A member's name comes with the comma before it and the colon behind it, all in one literal.

    private static func append(_ number: Int64, named name: StaticString, to output: inout [UInt8]) {
        append(name, to: &output)
        append(number, to: &output)
    }

    private static func append(_ text: String, named name: StaticString, to output: inout [UInt8]) {
        append(name, to: &output)
        JSONString.append(text, to: &output)
    }

    private static func append(time: Int64, named name: StaticString, to output: inout [UInt8]) {
        append(name, to: &output)
        append("\"", to: &output)
        UTCTime(nanoseconds: time).appendISO8601(fractionDigits: 6, to: &output)
        append("\"", to: &output)
    }

    private static func append(json: [UInt8], named name: StaticString, to output: inout [UInt8]) {
        append(name, to: &output)
        output.append(contentsOf: json)
    }

    private static func append(_ numbers: [Int64], named name: StaticString, to output: inout [UInt8]) {
        append(name, to: &output)
        append("[", to: &output)
        for (index, number) in numbers.enumerated() {
            if index > 0 { append(",", to: &output) }
            append(number, to: &output)
        }
        append("]", to: &output)
    }

    private static func append(_ texts: [String], named name: StaticString, to output: inout [UInt8]) {
        append(name, to: &output)
        append("[", to: &output)
        for (index, text) in texts.enumerated() {
            if index > 0 { append(",", to: &output) }
            JSONString.append(text, to: &output)
        }
        append("]", to: &output)
    }

    private static func append(_ literal: StaticString, to output: inout [UInt8]) {
        // It lives as long as the program.
        unsafe output.append(
            contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    private static func append(_ number: Int64, to output: inout [UInt8]) {
        // Counts and ids are not negative; the sign is kept all the same, so that nothing is written falsely.
        if number < 0 { append("-", to: &output) }
        // From the last digit on, since dividing by a constant is a multiplication.
        var digits = InlineArray<19, UInt8>(repeating: 0)
        var first = digits.count
        var rest = number.magnitude
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        unsafe digits.span.extracting(first...).withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
    }
}
