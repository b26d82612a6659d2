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
            "9112 2.2 a bare LF is not taken for a line's end", "GET / HTTP/1.1\nHost: h\n\n", [400], stays: false),
        Requirement("9112 2.2 what is not HTTP is refused", "\u{2}\u{1}\u{0}\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 2.3 a higher minor version is served", "GET / HTTP/1.9\r\nHost: h\r\n\r\n", [200], stays: true),
        Requirement(
            "9112 2.3 the name of the protocol is case-sensitive", "GET / Http/1.1\r\nHost: h\r\n\r\n", [400],
            stays: false),
        Requirement(
            "9112 2.3 a version has one digit on either side", "GET / HTTP/1.01\r\nHost: h\r\n\r\n", [400], stays: false
        ),
        Requirement("9112 2.3 HTTP/0.9 is not guessed at", "GET /\r\n\r\n", [400], stays: false),
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
        Requirement(
            "9112 3.2 a target in no form is refused", "GET a/b HTTP/1.1\r\nHost: h\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 3.2.1 a fragment is no part of a target", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", [400], stays: false),
        Requirement("9112 3.2 HTTP/1.1 without Host is refused", "GET / HTTP/1.1\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 3.2 the absolute form needs a Host as well", "GET http://h/ HTTP/1.1\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 3.2 HTTP/1.0 needs no Host", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [200], stays: true),
        Requirement("9112 3.2 more than one Host is refused", get("Host: h\r\n"), [400], stays: false),
        Requirement("9112 3.2 an invalid Host is refused", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 3.2.2 the absolute form is accepted", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", [200],
            stays: true),
        Requirement(
            "9112 3.2.2 the host of the absolute form wins over Host", "GET http://h/ HTTP/1.1\r\nHost: other\r\n\r\n",
            [200], stays: true),
        Requirement(
            "9110 4.2.1 an http URL with an empty host is invalid", "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", [400],
            stays: false),
        Requirement(
            "9110 4.2.4 user information is refused", "GET http://h@evil/ HTTP/1.1\r\nHost: h\r\n\r\n", [400],
            stays: false),
        Requirement(
            "9112 3.2.3 the authority form is for CONNECT", "GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n", [400], stays: false),
        Requirement(
            "9112 3.2.4 the asterisk form is for nothing else", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", [400], stays: false
        ),
        Requirement(
            "9112 3.2.4 the asterisk form is for OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", [200],
            stays: true),
        Requirement(
            "9110 5.1 field names are case-insensitive", "GET / HTTP/1.1\r\nhOsT: h\r\n\r\n", [200], stays: true),
        Requirement("9112 5 a field line has a colon", get("X y\r\n"), [400], stays: false),
        Requirement("9112 5 a field name is a token", get("X[0]: y\r\n"), [400], stays: false),
        Requirement("9112 5 a field name is not empty", get(": y\r\n"), [400], stays: false),
        Requirement(
            "9112 5.1 white space around a value is no part of it", post("Content-Length: \t 1 \t\r\n", body: "a"),
            [200], stays: true),
        Requirement("9112 5.1 white space before the colon is refused", get("X : y\r\n"), [400], stays: false),
        Requirement("9112 5.2 a folded line is refused", get("X: y\r\n\tz\r\n"), [400], stays: false),
        Requirement(
            "9110 5.4 fields larger than wished for are refused",
            get("X: " + String(repeating: "y", count: 20_000) + "\r\n"), [431], stays: false),
        Requirement("9110 5.5 a zero byte in a value is refused", get("X: \u{0}\r\n"), [400], stays: false),
        Requirement("9110 5.5 obs-text in a value is data", get("X: \u{e9}\r\n"), [200], stays: true),
        Requirement(
            "9110 5.6.1 empty elements of a list are ignored", get("Connection: , close,, \r\n"), [200], stays: false),
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
        Requirement(
            "9112 6.3 lengths that differ are refused", post("Content-Length: 1\r\nContent-Length: 2\r\n", body: "ab"),
            [400], stays: false),
        Requirement(
            "9110 8.6 a list of one length repeated may be refused", post("Content-Length: 1, 1\r\n", body: "a"), [400],
            stays: false),
        Requirement(
            "9110 8.6 a length too large to hold is refused",
            post("Content-Length: 18446744073709551617\r\n", body: "a"), [400], stays: false),
        Requirement(
            "9112 6.3 a body is not the next request",
            post("Content-Length: 38\r\n", body: get("X: 12345\r\n")) + get(), [200, 200], stays: true),
        Requirement(
            "9112 6.3 GET may have a body", get("Content-Length: 3\r\n", body: "abc") + get(), [200, 200], stays: true),
        Requirement("9112 6.3 a request without either has no body", post() + get(), [200, 200], stays: true),
        Requirement(
            "9112 7 a coding's name is case-insensitive", post("Transfer-Encoding: Chunked\r\n", body: "0\r\n\r\n"),
            [200], stays: true),
        Requirement(
            "9112 7.1 chunk sizes are hexadecimal in either case",
            chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), [200], stays: true),
        Requirement(
            "9112 7.1 a chunk's data is as long as its size says", chunked("2\r\nabc\r\n0\r\n\r\n"), [400], stays: false
        ),
        Requirement(
            "9112 7.1 the last chunk ends the body", chunked("1\r\na\r\n0\r\n\r\n") + get(), [200, 200], stays: true),
        Requirement(
            "9112 7.1 a chunk size too large to hold is refused", chunked("fffffffffffffffff\r\n"), [400],
            stays: false),
        Requirement(
            "9112 7.1.1 extensions not understood are ignored", chunked("1;what=ever\r\na\r\n0\r\n\r\n"), [200],
            stays: true),
        Requirement(
            "9112 7.1.2 trailers may be dropped", chunked("0\r\nHost: x\r\nHost: y\r\n\r\n"), [200], stays: true),
        Requirement(
            "9110 6.5.1 a trailer is not taken for a field",
            chunked("0\r\nConnection: close\r\nExpect: x\r\nTransfer-Encoding: x\r\n\r\n"), [200], stays: true),
        Requirement("9112 9.3 HTTP/1.1 persists", get() + get(), [200, 200], stays: true),
        Requirement("9112 9.3 HTTP/1.0 does not, unless asked", "GET / HTTP/1.0\r\n\r\n" + get(), [200], stays: false),
        Requirement(
            "9112 9.6 nothing is processed after close", get("Connection: close\r\n") + get(), [200],
            stays: false),
        Requirement(
            "9112 9.3 HTTP/1.0 persists if asked", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + get(),
            [200, 200], stays: true),
        Requirement(
            "9112 9.3 close wins over keep-alive", get("Connection: keep-alive, close\r\n") + get(), [200], stays: false
        ),
        Requirement(
            "9110 7.6.1 connection options are case-insensitive", get("Connection: CLOSE\r\n"), [200], stays: false),
        Requirement(
            "9110 7.6.1 an option not understood is ignored", get("Connection: x-option\r\n"), [200], stays: true),
        Requirement(
            "9110 7.8 an upgrade may be ignored", get("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n"), [200],
            stays: true),
        Requirement(
            "9110 10.1.1 an unknown expectation fails", post("Expect: 200-ok\r\nContent-Length: 1\r\n"), [417],
            stays: false),
        Requirement(
            "9110 10.1.1 the expectation is case-insensitive",
            post("Expect: 100-Continue\r\nContent-Length: 1\r\n", body: "a"), [200], stays: true),
        Requirement(
            "9110 10.1.1 a final status may come at once", post("Expect: 100-continue\r\nContent-Length: 99999999\r\n"),
            [413], stays: false),
        Requirement(
            "9110 10.1.1 HTTP/1.0 cannot expect 100",
            "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na", [200],
            stays: true),
        Requirement(
            "9110 9.1 an unknown method is the handler's business", "FROB / HTTP/1.1\r\nHost: h\r\n\r\n", [200],
            stays: true),
        Requirement("9110 9.1 methods are case-sensitive", "get / HTTP/1.1\r\nHost: h\r\n\r\n", [200], stays: true),
        Requirement(
            "9110 9.3.6 CONNECT may be unknown", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", [501], stays: false),
        Requirement("9110 14.2 a range may be ignored", get("Range: bytes=0-0\r\n"), [200], stays: true),
        Requirement("6585 5 too many fields", get(String(repeating: "X: y\r\n", count: 100)), [431], stays: false),
    ]
}
