/// The name of a segment's file: the sequence number of its first record in twenty digits, and `.jsonl`.
package enum SegmentName {
    /// E.g. `00000000000000000001.jsonl`.
    package static func name(firstSeq: Int64) -> String {
        let digits = String(firstSeq)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".jsonl"
    }

    /// The number in a segment's name; nil for any other file's name.
    package static func firstSeq(of name: String) -> Int64? {
        let bytes = Array(name.utf8)
        guard bytes.count == 26, name.hasSuffix(".jsonl"),
            bytes[..<20].allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
            let seq = SequenceNumber.checked(name.prefix(20)), seq > 0
        else { return nil }
        return seq
    }
}
