import JSON
import Testing

struct JSONCompactTests {
    private func compact(_ text: String) throws -> String {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        _ = try scanner.text(bytes.span)
        return String(decoding: JSONCompact.copy(bytes.span, whiteSpace: scanner.whiteSpace), as: UTF8.self)
    }

    @Test func `white space between tokens goes, in strings it stays`() throws {
        #expect(
            try compact(" {\r\n\t\"a b\" : [ 1 , \" x \\\" y \" ] }\n") == #"{"a b":[1," x \" y "]}"#)
    }

    @Test func `without white space nothing changes`() throws {
        #expect(try compact(#"{"a":"b c"}"#) == #"{"a":"b c"}"#)
    }
}
