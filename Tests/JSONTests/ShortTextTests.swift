import JSON
import Testing

struct ShortTextTests {
    @Test func `a short text equals its literal wherever it stands, at the end of the bytes too`() throws {
        let text = Array("123456789abcdef".utf8)
        let literals: [ShortText] = [
            "", "1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "123456789a",
            "123456789ab", "123456789abc", "123456789abcd", "123456789abcde", "123456789abcdef",
        ]
        for length in 0...ShortText.maximumLength {
            for behind in 0..<20 {
                let bytes =
                    [UInt8](repeating: 0xFF, count: 3) + text[..<length]
                    + [UInt8](repeating: 0xFF, count: behind)
                #expect(ShortText(bytes.span, 3..<3 + length) == literals[length], "\(length) bytes before \(behind)")
            }
        }
    }

    @Test func `a short text goes on behind a zero byte`() {
        let bytes: [UInt8] = [0x61, 0, 0, 0]
        #expect(ShortText(bytes.span, 0..<1) != ShortText(bytes.span, 0..<2))
    }

    @Test func `a text that is longer, or reaches beyond the bytes, is no short text`() {
        let bytes = [UInt8](repeating: 0x61, count: 40)
        #expect(ShortText(bytes.span, 0..<16) == nil)
        #expect(ShortText(bytes.span, 30..<41) == nil)
        #expect(ShortText(bytes.span, 30..<40) == "aaaaaaaaaa")
    }
}
