import JournalFormat
import Testing

/// Which journals a program of a format may go on with. It knows its own format and the one before.
struct FormatRuleTests {
    private static let cases: [(program: Int, format: Int, reads: Int, isAllowed: Bool)] = [
        // This program.
        (1, 1, 1, true), (1, 2, 1, true), (1, 9, 1, true), (1, 2, 2, false), (1, 3, 2, false), (1, 1, 2, false),
        (1, 0, 0, false), (1, -1, -1, false),
        // The next.
        (2, 1, 1, true), (2, 2, 1, true), (2, 2, 2, true), (2, 3, 1, true), (2, 3, 2, true), (2, 3, 3, false),
        (2, 0, 0, false),
        // The one after that does not know the first any more.
        (3, 1, 1, false), (3, 2, 1, true), (3, 2, 2, true), (3, 3, 3, true), (3, 4, 3, true), (3, 4, 4, false),
    ]

    @Test(arguments: cases)
    func `a program of a format goes on with a journal of a format, for readers of a format`(
        program: Int, format: Int, reads: Int, isAllowed: Bool
    ) {
        #expect(FormatRule(format: program).allows(format: format, reads: reads) == isAllowed)
    }

    @Test func `a program goes on with what it writes itself, and so does the one of the next format`() {
        let (format, reads) = (RecordCodec.format, RecordCodec.reads)
        #expect(FormatRule.current.format == format)
        #expect(FormatRule.current.allows(format: format, reads: reads))
        #expect(FormatRule(format: format + 1).allows(format: format, reads: reads))
    }
}
