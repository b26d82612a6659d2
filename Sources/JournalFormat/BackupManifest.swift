import CivilTime
import JSON

/// What a backup of a journal holds, and the content of the file `backup` in it that says so.
///
/// The first line is a JSON object: the journal's id, when the backup was made, the record with which it begins, the last one, what was
/// dropped from between, what of that a repair gave up, how many lines follow, and whether a backup has come to its end. Those are of the segments, the last of which is part of
/// one, and have the form of ``SegmentManifest``'s: numbers, length, checksum. Each line ends with a space and its own checksum.
///
/// Only what it names is the backup: there may be files, or bytes behind a segment's length, that somebody who was interrupted has left.
package struct BackupManifest: Hashable, Sendable {
    /// The file's name.
    package static let name = "backup"
    private static let format = 1

    /// When it was made, in nanoseconds since 1970, to the microsecond.
    package var time: Int64
    /// Whether a backup has come to its end, this one or one before.
    package var isComplete = false
    /// The record with which the journal begins.
    package var beginning: Int64
    /// What was dropped up to the last record.
    package var dropped: DroppedRanges
    /// What of that a repair gave up.
    package var gaps: DroppedRanges
    /// The journal's id, and what its segments are; the last is part of one.
    package var content: SegmentManifest

    /// Of a journal of which nothing has been backed up yet, unless something is given.
    package init(
        journal: String, time: Int64, beginning: Int64 = 1, dropped: DroppedRanges = DroppedRanges(),
        gaps: DroppedRanges = DroppedRanges(), _ segments: [ClosedSegment] = []
    ) {
        content = SegmentManifest(journal: journal, segments)
        self.time = time
        self.beginning = beginning
        self.dropped = dropped
        self.gaps = gaps
    }

    /// The journal's id.
    package var journal: String { content.journal }
    /// By their first numbers, in order.
    package var segments: [ClosedSegment] { content.segments }
    /// The last record that it holds; 0 when it holds none.
    package var last: Int64 { segments.last?.last ?? 0 }
    /// How many it holds.
    package var records: Int64 { segments.reduce(0) { $0 + $1.last - $1.first + 1 } }
    /// How long its segments are together.
    package var bytes: Int64 { segments.reduce(0) { $0 + $1.size } }

    // MARK: The file

    /// The file's content.
    package func encode() -> [UInt8] {
        let header = JSONValue.dictionary([
            "backup": .integer(Self.format), "journal": .string(journal),
            "time": .string(UTCTime(nanoseconds: time).iso8601(fractionDigits: 6)), "beginning": .integer(beginning),
            "last": .integer(last), "dropped": dropped.json, "gaps": gaps.json, "segments": .integer(segments.count),
            "complete": .bool(isComplete),
        ])
        return segments.reduce(into: SealedLine.encode(String(decoding: header.serialized(), as: UTF8.self))) {
            $0 += SealedLine.encode($1.text)
        }
    }

    /// What the file says; nil when any of it is damaged or missing.
    package static func decode(_ bytes: [UInt8]) -> BackupManifest? {
        let lines = SealedLine.decodeAll(bytes)
        guard let first = lines.first, let first, let header = try? JSONValue(parsing: Array(first.utf8)),
            header["backup"]?.integer == Int64(format), let journal = header["journal"]?.string,
            let time = header["time"]?.string.flatMap({ Timestamp($0)?.nanoseconds }),
            let beginning = header["beginning"]?.integer, let dropped = DroppedRanges(header["dropped"]),
            let gaps = DroppedRanges(header["gaps"])
        else { return nil }
        let segments = lines.dropFirst().compactMap { $0.flatMap(ClosedSegment.init(text:)) }
        var manifest = BackupManifest(
            journal: journal, time: time, beginning: beginning, dropped: dropped, gaps: gaps, segments)
        manifest.isComplete = header["complete"]?.bool == true
        guard segments.count == lines.count - 1, header["segments"]?.integer == Int64(segments.count),
            header["last"]?.integer == manifest.last
        else { return nil }
        return manifest
    }
}

extension DroppedRanges {
    fileprivate var json: JSONValue {
        .array(ranges.map { .array([.integer($0.lowerBound), .integer($0.upperBound)]) })
    }

    fileprivate init?(_ json: JSONValue?) {
        guard let array = json?.array else { return nil }
        var ranges: [ClosedRange<Int64>] = []
        for range in array {
            guard let ends = range.array, ends.count == 2, let first = ends[0].integer, let last = ends[1].integer,
                first > 0, first <= last, last < .max
            else { return nil }
            ranges.append(first...last)
        }
        self.init(ranges)
    }
}
