import HTTP1
import Testing

/// A requirement of the RFCs on servers: where it stands, what is sent, and what must come of it.
struct Requirement: Sendable, CustomTestStringConvertible {
    let section: String
    let input: String
    let statuses: [Int]
    let stays: Bool

    init(_ section: String, _ input: String, _ statuses: [Int], stays: Bool) {
        self.section = section
        self.input = input
        self.statuses = statuses
        self.stays = stays
    }

    var testDescription: String { "RFC \(section)" }

    static let table = [
        Requirement(
            "9112 2.2 ignore at least one empty line before the request line", "\r\n" + get(), [200], stays: true),
        Requirement(
            "9112 2.2 a sender's white space before the first field is refused",
            "GET / HTTP/1.1\r\n Host: h\r\nHost: h\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 2.2 a bare CR is invalid", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 2.3 a higher minor version is served", "GET / HTTP/1.9\r\nHost: h\r\n\r\n", [200], stays: true),
        Requirement(
            "9112 2.3 the name of the protocol is case-sensitive", "GET / Http/1.1\r\nHost: h\r\n\r\n", [400],
            stays: false),
        Requirement(
            "9110 15.6.6 another major version is not supported", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", [505],
            stays: false),
        Requirement(
            "9112 3 an invalid request line is refused", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", [400],
            stays: false),
        Requirement(
            "9112 3 a method longer than any implemented is not implemented",
            String(repeating: "M", count: 100) + " / HTTP/1.1\r\nHost: h\r\n\r\n", [501], stays: false),
        Requirement(
            "9112 3 a target longer than wished for is too long",
            "GET /" + String(repeating: "t", count: 8000) + " HTTP/1.1\r\nHost: h\r\n\r\n", [414], stays: false),
        Requirement(
            "9112 3 a request line of 8000 octets is served",
            "GET /" + String(repeating: "t", count: 8000 - 14) + " HTTP/1.1\r\nHost: h\r\n\r\n", [200], stays: true),
        Requirement("9112 3.2 HTTP/1.1 without Host is refused", "GET / HTTP/1.1\r\n\r\n", [400], stays: false),
        Requirement("9112 3.2 more than one Host is refused", get("Host: h\r\n"), [400], stays: false),
        Requirement("9112 3.2 an invalid Host is refused", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 3.2.2 the absolute form is accepted", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", [200],
            stays: true),
        Requirement(
            "9112 3.2.4 the asterisk form is for OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", [200],
            stays: true),
        Requirement("9112 5.1 white space before the colon is refused", get("X : y\r\n"), [400], stays: false),
        Requirement("9112 5.2 a folded line is refused", get("X: y\r\n\tz\r\n"), [400], stays: false),
        Requirement("9110 5.5 a zero byte in a value is refused", get("X: \u{0}\r\n"), [400], stays: false),
        Requirement(
            "9112 6.1 a coding not understood is not implemented", post("Transfer-Encoding: x, chunked\r\n"),
            [501], stays: false),
        Requirement(
            "9112 6.1 coding beside length closes the connection",
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n"), [400], stays: false),
        Requirement(
            "9112 6.1 coding in HTTP/1.0 is faulty framing",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n", [400],
            stays: false),
        Requirement(
            "9112 6.3 chunked that is not last is refused", post("Transfer-Encoding: chunked, x\r\n"), [400],
            stays: false),
        Requirement("9112 6.3 an invalid length is refused", post("Content-Length: five\r\n"), [400], stays: false),
        Requirement("9112 6.3 a request without either has no body", post() + get(), [200, 200], stays: true),
        Requirement(
            "9112 7 a coding's name is case-insensitive", post("Transfer-Encoding: Chunked\r\n", body: "0\r\n\r\n"),
            [200], stays: true),
        Requirement(
            "9112 7.1 a chunk size too large to hold is refused", chunked("fffffffffffffffff\r\n"), [400],
            stays: false),
        Requirement(
            "9112 7.1.1 extensions not understood are ignored", chunked("1;what=ever\r\na\r\n0\r\n\r\n"), [200],
            stays: true),
        Requirement(
            "9112 7.1.2 trailers may be dropped", chunked("0\r\nHost: x\r\nHost: y\r\n\r\n"), [200], stays: true),
        Requirement("9112 9.3 HTTP/1.1 persists", get() + get(), [200, 200], stays: true),
        Requirement("9112 9.3 HTTP/1.0 does not, unless asked", "GET / HTTP/1.0\r\n\r\n" + get(), [200], stays: false),
        Requirement(
            "9112 9.6 nothing is processed after close", get("Connection: close\r\n") + get(), [200],
            stays: false),
        Requirement(
            "9110 10.1.1 an unknown expectation fails", post("Expect: 200-ok\r\nContent-Length: 1\r\n"), [417],
            stays: false),
        Requirement(
            "9110 10.1.1 HTTP/1.0 cannot expect 100",
            "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na", [200],
            stays: true),
        Requirement(
            "9110 9.1 an unknown method is the handler's business", "FROB / HTTP/1.1\r\nHost: h\r\n\r\n", [200],
            stays: true),
        Requirement("6585 5 too many fields", get(String(repeating: "X: y\r\n", count: 100)), [431], stays: false),
    ]
}

struct RequirementsTests {
    @Test(arguments: Requirement.table)
    func `what the RFCs require of a server`(_ requirement: Requirement) {
        let outcome = transcript(requirement.input)
        #expect(outcome.statuses == requirement.statuses)
        #expect((outcome.events.last == .open) == requirement.stays)
        #expect(outcome.output.contains("Connection: close\r\n") == !requirement.stays)
    }

    @Test func `every answer has a date, errors too`() {
        for requirement in Requirement.table {
            let outcome = transcript(requirement.input)
            let dates = outcome.output.split(separator: "\r\nDate: now\r\n", omittingEmptySubsequences: false).count - 1
            #expect(dates == outcome.statuses.count, "\(requirement.section)")
        }
    }
}
