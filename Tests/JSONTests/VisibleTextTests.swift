import JSON
import Testing

struct VisibleTextTests {
    /// C0 and C1, DEL, what turns the writing direction, line ends of other kinds, what has no width, private and unassigned ones.
    static let harmful: [Unicode.Scalar] =
        [0x00, 0x07, 0x08, 0x0D, 0x1B, 0x7F, 0x80, 0x9B, 0x9D, 0xAD, 0x34F, 0x61C, 0x115F, 0x180E]
        .compactMap(Unicode.Scalar.init)
        + [0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F].joined().compactMap { Unicode.Scalar($0 as UInt32) }
        + [0x3164, 0xE000, 0xFEFF, 0xFFF9, 0xFFFF, 0xE0001, 0xE0100].compactMap { Unicode.Scalar($0 as UInt32) }

    @Test(arguments: harmful)
    func `what steers, breaks, turns or hides is written out`(scalar: Unicode.Scalar) throws {
        let text = "a\(scalar)b"
        #expect(VisibleText.escaped(text) == "a\\u{\(String(scalar.value, radix: 16))}b")
        guard scalar.value >= 0x20 else { return }
        let shown = VisibleText.escaped(json: Array("{\"\(text)\":[\"\(text)\"]}".utf8))
        #expect(shown.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(try JSONValue(parsing: shown)[text]?.array?.first?.string == text, "the same JSON")
    }

    @Test func `what is shown as itself stays, and so do line ends and tabs`() {
        for text in ["Ünïcödé 漢字 é 😀 █▀ €\u{FFFD}", "two\nlines\tand a tab", "\\u{1b}"] {
            #expect(VisibleText.escaped(text) == text)
        }
        #expect(VisibleText.escaped(json: Array(#"{"é":"漢"}"#.utf8)) == Array(#"{"é":"漢"}"#.utf8))
    }

    @Test func `in JSON a lone surrogate stays the escape that it is, and bytes that are no text are replaced`() {
        let escape = Array(#"["\ud800"]"#.utf8)
        #expect(VisibleText.escaped(json: escape) == escape)
        let surrogate: [UInt8] = [0x22, 0xED, 0xA0, 0x80, 0x22]
        #expect(VisibleText.escaped(json: surrogate).allSatisfy { $0 != 0xED && $0 != 0xA0 && $0 != 0x80 })
        // White space between two values must not write over what stands before it.
        #expect(VisibleText.escaped(json: Array("[1,\r2]\n".utf8)) == Array("[1, 2]\n".utf8))
    }
}
