import JSON
import Testing

struct JSONStringTests {
    private func string(_ text: String) throws -> String? { try JSONValue(parsing: Array(text.utf8)).string }

    @Test func `escapes become their characters`() throws {
        #expect(try string(#""\"\\\/\b\f\n\r\tAé€""#) == "\"\\/\u{8}\u{c}\n\r\tAé€")
        #expect(try string(#""\ud83d\ude00""#) == "😀")
    }

    @Test func `half a surrogate pair becomes the replacement character`() throws {
        #expect(try string(#""\ud83d""#) == "\u{FFFD}")
        #expect(try string(#""\ude00x""#) == "\u{FFFD}x")
        #expect(try string(#""\ud83dA""#) == "\u{FFFD}A")
        #expect(try string(#""\ud83d\n""#) == "\u{FFFD}\n")
    }

    @Test func `what is quoted reads back the same`() throws {
        let text = "a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}é😀\u{2028}"
        #expect(try string(JSONString.quoted(text)) == text)
        #expect(JSONString.quoted("a\nb") == #""a\nb""#)
    }
}
