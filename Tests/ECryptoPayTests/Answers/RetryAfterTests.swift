import Testing

@testable import ECryptoPay

@Suite struct RetryAfterTests {
    private func duration(_ value: String?, date: String? = nil, now: Int64 = 784_111_777) -> Duration? {
        let fields = [("Retry-After", value), ("Date", date)].compactMap { name, value in value.map { (name, $0) } }
        return RetryAfter.duration(TransportAnswer(status: 503, fields: fields, body: []), now: now)
    }

    @Test(
        arguments: [("0", 0), ("120", 120), ("0007", 7), ("99999999999999999999999", 2_592_000)] as [(String, Int64)])
    func `seconds are digits, and bounded`(value: String, seconds: Int64) {
        #expect(duration(value) == .seconds(seconds))
    }

    // The three notations of RFC 9110 5.6.7, all of the same moment: 784,111,777.
    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func `a date is a distance from the answer's own date, or from now`(value: String) {
        #expect(duration(value, date: "Sun, 06 Nov 1994 08:48:37 GMT", now: 0) == .seconds(60))
        #expect(duration(value, now: 784_111_777 - 90) == .seconds(90))
        #expect(duration(value, now: 784_111_777 + 90) == .zero)
        #expect(duration(value, date: "nonsense", now: 784_111_777 - 90) == .seconds(90))
    }

    @Test(arguments: ["", "soon", "-1", "+5", "1.5", "5 s", "１２", "Sun"])
    func `a Retry-After that is neither seconds nor a date is ignored`(
        value: String
    ) {
        #expect(duration(value) == nil)
    }

    @Test func `without the field there is no Retry-After`() { #expect(duration(nil) == nil) }
}
