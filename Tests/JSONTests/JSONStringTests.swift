import JSON
import Testing

struct JSONStringTests {
    private func string(_ text: String) throws -> String? { try JSONValue(parsing: Array(text.utf8)).string }

    @Test func `escapes become their characters`() throws {
        #expect(try string(#""\"\\\/\b\f\n\r\tAé€""#) == "\"\\/\u{8}\u{c}\n\r\tAé€")
        #expect(try string(#""\ud83d\ude00""#) == "😀")
    }

    @Test(arguments: [
        #""\ud83d""#, #""\ude00x""#, #""\ud83dA""#, #""\ud83d\n""#, #""\ud83d\u0041""#, #""\ud83d\ud83d""#,
        #"{"\udfff":1}"#,
    ])
    func `half a surrogate pair is refused`(text: String) {
        #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func `what is quoted reads back the same`() throws {
        let text = "a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}é😀\u{2028}"
        #expect(try string(JSONString.quoted(text)) == text)
        #expect(JSONString.quoted("a\nb") == #""a\nb""#)
    }
}
