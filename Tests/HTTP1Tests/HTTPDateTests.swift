import HTTP1
import Testing

struct HTTPDateTests {
    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_795_386_664, "Sun, 22 Nov 2026 22:31:04 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func `dates are written as IMF-fixdate`(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.imfFixdate(secondsSince1970: seconds) == text)
    }

    @Test func `the field line of a date has its name and its end`() {
        let line = HTTPDate.line(secondsSince1970: 784_111_777)
        #expect(String(decoding: line, as: UTF8.self) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
    }
}
