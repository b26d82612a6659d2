import JournalFormat
import Testing

struct NameTests {
    @Test func `a segment's name is its first number in twenty digits`() {
        #expect(SegmentName.name(firstSeq: 1) == "00000000000000000001.jsonl")
        #expect(SegmentName.firstSeq(of: "00000000000000000001.jsonl") == 1)
        #expect(SegmentName.firstSeq(of: SegmentName.name(firstSeq: SequenceNumber.highest)) == SequenceNumber.highest)
    }

    @Test(arguments: [
        "1.jsonl", "00000000000000000000.jsonl", "00000000000000000001.jsonl.torn-7", "0000000000000000000a.jsonl",
        "00000000000000000001.json", "durable", "lock", "99999999999999999999.jsonl", "01000000000000000000.jsonl",
        "+0000000000000000001.jsonl",
    ])
    func `no other file is a segment`(name: String) {
        #expect(SegmentName.firstSeq(of: name) == nil)
    }

    @Test func `the durable mark reads back, and a damaged one does not`() {
        let mark = DurableMark.encode(4711)
        #expect(mark.count == DurableMark.length)
        #expect(DurableMark.decode(mark) == 4711)
        for index in mark.indices {
            var damaged = mark
            damaged[index] ^= 1
            #expect(DurableMark.decode(damaged) == nil)
        }
        #expect(DurableMark.decode(Array(mark.dropLast())) == 4711)
        #expect(DurableMark.decode(Array(mark.dropLast(2))) == nil)
        #expect(DurableMark.decode([]) == nil)
    }
}
