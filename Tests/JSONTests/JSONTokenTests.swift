import JSON
import Testing

struct JSONTokenTests {
    private func integer(_ text: String) throws -> Int64? {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        return try scanner.text(bytes.span).integer(in: bytes.span)
    }

    @Test func `integers are exact up to 63 bits`() throws {
        #expect(try integer("0") == 0)
        #expect(try integer("-7") == -7)
        #expect(try integer("9223372036854775807") == .max)
        #expect(try integer("9223372036854775808") == nil)
        #expect(try integer("99999999999999999999") == nil)
    }

    private func shortText(_ text: String) throws -> ShortText? {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        return try scanner.text(bytes.span).shortText(in: bytes.span)
    }

    @Test func `a short string equals itself escaped or not, and no other`() throws {
        #expect(try shortText(#""state""#) == "state")
        #expect(try shortText(#""st\u0061te""#) == "state")
        #expect(try shortText(#""currency_amount""#) == "currency_amount")
        #expect(try shortText(#""currency_amounts""#) == nil)
        #expect(try shortText("42") == nil)
    }

    @Test func `a fraction or an exponent makes no integer`() throws {
        #expect(try integer("1.0") == nil)
        #expect(try integer("1e2") == nil)
        #expect(try integer("\"1\"") == nil)
    }

    @Test func `only a string has characters`() throws {
        func string(_ text: String) throws -> String? {
            let bytes = Array(text.utf8)
            var scanner = JSONScanner()
            return try scanner.text(bytes.span).string(in: bytes.span)
        }
        #expect(try string(#""a\u0062""#) == "ab")
        for other in ["42", "true", "null", "[]", "{}"] { #expect(try string(other) == nil) }
    }

    @Test func `lists and objects of several are written with commas between`() throws {
        let text = #"{"a":[1,"b",[],[null,true]],"c":{"d":2,"e":{}}}"#
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(String(decoding: value.serialized(), as: UTF8.self) == text)
    }
}
