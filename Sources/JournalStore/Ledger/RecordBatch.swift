package import JournalFormat

/// Encoded records that wait to be written together.
package struct RecordBatch: Sendable {
    /// Where, among the bytes, another segment begins, and its first record.
    struct SegmentStart: Sendable {
        var position: Int
        var firstSeq: Int64
        /// The checksum of the whole segment before it.
        var chain: UInt32
    }

    /// The records' lines, each with its newline.
    package internal(set) var bytes: [UInt8] = []
    var segmentStarts: [SegmentStart] = []
    /// What each record is found by, in order, where that is asked for.
    package internal(set) var heads: [RecordHead] = []
    /// The number of the last one.
    package internal(set) var lastSeq: Int64 = 0
    /// The checksum of the segment that it ends, up to there.
    var checksum = CRC32C.Running()

    /// Without any.
    package init() {}

    var isEmpty: Bool { bytes.isEmpty }

    mutating func removeAll() {
        // A batch that was once large should not hold its memory for ever.
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
        segmentStarts.removeAll()
        heads.removeAll(keepingCapacity: heads.capacity <= 4096)
    }
}

/// What a record is found by where it is not only a line.
package struct RecordHead: Hashable, Sendable {
    /// Its kind, as the journal spells it.
    package let kind: String
    /// The payment that it is about.
    package let payment: Int64?
    /// Whether it is a confirmation that told something new.
    package let isChange: Bool
    /// When it was written, in nanoseconds since 1970.
    package let time: Int64
    /// How long its line is, with the newline.
    package let length: Int
}

/// Writes batches and makes them durable: the part of a group commit that each form does in its own way.
package protocol BatchWriter: Sendable {
    /// What is being written, or was; its memory is used again.
    var batch: RecordBatch { get set }

    /// How far it is written.
    var end: DurableEnd { get }

    /// Writes the batch and makes it durable; blocks for that long.
    mutating func writeBatch() -> BatchResult

    /// Whether what is written to still is what its path says; nil when it is.
    mutating func checkPlace() -> Displacement?

    /// Nothing more will be written.
    func close()
}

/// The end of what is durable.
package struct DurableEnd: Sendable {
    /// The segment that is written to; 0 before there is any, and where there are none.
    package var segment: Int64 = 0
    /// Its length in whole, durable records.
    package var size: Int64 = 0
    /// The checksum of these.
    package var checksum = CRC32C.Running()
    /// That of the whole segment before it; nil where it says none.
    package var chain: UInt32?

    package init() {}

    init(segment: Int64, size: Int64, checksum: CRC32C.Running, chain: UInt32?) {
        self.segment = segment
        self.size = size
        self.checksum = checksum
        self.chain = chain
    }
}

extension BatchWriter {
    // Where nothing has a path, nothing can be moved.
    package mutating func checkPlace() -> Displacement? { nil }
}
