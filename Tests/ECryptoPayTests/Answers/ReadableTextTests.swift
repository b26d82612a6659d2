import Testing

@testable import ECryptoPay

@Suite struct ReadableTextTests {
    @Test func `white space and control characters become one space, and none at the ends`() {
        #expect(ReadableText.line(" a\r\n\t b\u{0}c\u{1B}[31m d\u{A0} ", limit: 100) == "a b c [31m d")
    }

    @Test func `what turns the writing direction or hides goes`() {
        #expect(ReadableText.line("a\u{202E}b\u{200B}c\u{2028}d\u{FEFF}", limit: 100) == "a b c d")
    }

    @Test func `letters of all scripts stay`() {
        #expect(ReadableText.line("México ₿ 支払い 🙂", limit: 100) == "México ₿ 支払い 🙂")
    }

    @Test func `the limit cuts, and says so`() {
        #expect(ReadableText.line("abcdef", limit: 6) == "abcdef")
        #expect(ReadableText.line("abcdefg", limit: 6) == "abcdef…")
    }
}
