import Testing

@testable import ECryptoPay

@Suite struct ReadableTextTests {
    @Test func `white space and control characters become one space, and none at the ends`() {
        #expect(ReadableText.line(" a\r\n\t b\u{0}c\u{1B}[31m d\u{A0} ", limit: 100) == "a b c [31m d")
    }

    @Test func `characters that turn the writing direction or hide text go`() {
        #expect(ReadableText.line("a\u{202E}b\u{200B}c\u{2028}d\u{FEFF}", limit: 100) == "a b c d")
    }

    @Test func `letters of all scripts stay`() {
        #expect(ReadableText.line("México ₿ 支払い 🙂", limit: 100) == "México ₿ 支払い 🙂")
    }

    @Test func `a text beyond the limit is cut, with a sign that it was`() {
        #expect(ReadableText.line("abcdef", limit: 6) == "abcdef")
        #expect(ReadableText.line("abcdefg", limit: 6) == "abcdef…")
    }
}
