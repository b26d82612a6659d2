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
}
