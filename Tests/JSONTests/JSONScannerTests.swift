import JSON
import Testing

struct JSONScannerTests {
    private func fault(_ text: String) -> JSONFault? { fault(Array(text.utf8)) }

    private func fault(_ bytes: [UInt8]) -> JSONFault? {
        do {
            _ = try JSONValue(parsing: bytes)
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        "null", "true", "false", "0", "-0", "1", "-12", "1.5", "1e9", "1E+9", "1.0e-9", "\"\"", "\"a\"", "[]", "{}",
        "[1,2]",
        " [ 1 , 2 ] ", "{\"a\":{\"b\":[null]}}", "\t{\r\n}\n", #""\"\\\/\b\f\n\r\tA""#, "\"é\u{10348}\"",
    ])
    func `every text that RFC 8259 allows is taken`(text: String) {
        #expect(fault(text) == nil)
    }

    @Test(arguments: [
        "", " ", "nul", "True", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "\"", "\"a", "\"\\\"", "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"", "\"\u{1}\"", "\"a\nb\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "1 2", "[] []", "{}x", "'a'",
        "NaN",
        "\u{FEFF}1", "/**/1", "[1]\u{0}",
    ])
    func `every text that RFC 8259 does not allow is refused`(text: String) {
        #expect(fault(text) != nil)
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xC1, 0xBF, 0x22], [0x22, 0xE0, 0x80, 0x80, 0x22],
            [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xC2, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xFF, 0x22],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(fault(bytes)?.reason == "bytes that are not UTF-8")
    }

    @Test(arguments: 0..<0x20 as Range<UInt8>)
    func `a control character must be escaped`(byte: UInt8) {
        #expect(fault([0x22, byte, 0x22])?.reason == "a control character that is not escaped")
    }

    @Test(arguments: [0, 8])
    func `a byte that spoils a string is found at every place in it`(behind: Int) {
        for position in 0..<18 {
            for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: "\"") {
                var text = [UInt8](repeating: UInt8(ascii: "~"), count: 20)
                text[position] = byte
                let found = fault([0x22] + text + [0x22] + [UInt8](repeating: 0x20, count: behind))
                let isPlain = (0x20..<0x80).contains(byte) && byte != UInt8(ascii: "\\")
                #expect(found?.offset == (isPlain ? nil : position + 1), "byte \(byte) behind \(position)")
            }
        }
    }

    @Test func `every prefix of a text is refused, and none is read past`() {
        let text = Array(#"{"id":42,"s":"p\u00e9\n","n":[1.5e3,true,null,{"x":""}]}"#.utf8)
        for length in 0..<text.count {
            #expect(fault(Array(text[..<length])) != nil, "the first \(length) bytes")
        }
        #expect(fault(text) == nil)
    }

    @Test func `nesting is bounded`() {
        let deepest = JSONScanner.maximumDepth
        #expect(fault(String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest)) == nil)
        let tooDeep = fault(String(repeating: "[", count: deepest + 1) + String(repeating: "]", count: deepest + 1))
        #expect(tooDeep?.reason == "nested deeper than 64 levels")
        #expect(fault(String(repeating: "{\"a\":", count: 100_000)) != nil)
    }

    @Test func `a fault tells its offset`() {
        #expect(fault("{\"a\":tru}") == JSONFault("a value cannot begin so", at: 8))
    }

    @Test func `random bytes never trap, and what is taken survives a round trip`() throws {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]\",:0123456789.eE+-truefalsn\\u \n".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<24, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            #expect(try JSONValue(parsing: value.serialized()) == value)
        }
    }
}
