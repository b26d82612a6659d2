import HTTP1
import Testing

/// Every vector must come to the same, however its bytes are cut.
struct RequestParserTests {
    private func expected(_ vector: Vector) -> [Transcript.Event] {
        vector.requests.map { .request($0) } + (vector.refusal.map { [.refused($0), .linger] } ?? [])
    }

    @Test(arguments: Vector.all)
    func `every vector comes to the requests and refusals that the table says`(_ vector: Vector) {
        let outcome = transcript(vector.input)
        var events = outcome.events
        // Whether the connection stays open behind the last good answer is another table's subject.
        if vector.refusal == nil { events.removeLast() }
        #expect(events == expected(vector))
        #expect(outcome.statuses == vector.requests.map { _ in 200 } + (vector.refusal.map { [$0] } ?? []))
    }

    @Test(arguments: Vector.all)
    func `every vector comes to the same byte by byte`(_ vector: Vector) {
        let bytes = Array(vector.input.utf8)
        let cuts = bytes.map { _ in 1 }
        #expect(transcript(bytes, cuts: cuts).withoutInterim == transcript(bytes).withoutInterim)
    }

    @Test(arguments: Vector.all)
    func `every vector comes to the same in two pieces, cut anywhere`(_ vector: Vector) {
        let bytes = Array(vector.input.utf8)
        let whole = transcript(bytes).withoutInterim
        // Long vectors differ from short ones only in their padding, so there every 61st place is enough.
        for cut in stride(from: 1, to: bytes.count, by: bytes.count > 1000 ? 61 : 1) {
            let outcome = transcript(bytes, cuts: [cut]).withoutInterim
            #expect(outcome == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: Vector.wellFormed + Vector.chunks.filter { $0.refusal == nil })
    func `a request cut short is refused and never handed over`(_ vector: Vector) {
        let bytes = Array(vector.input.utf8)
        for length in 1..<bytes.count {
            let outcome = transcript(Array(bytes.prefix(length)), ending: true)
            #expect(outcome.requests.isEmpty, "cut at \(length)")
        }
    }
}
