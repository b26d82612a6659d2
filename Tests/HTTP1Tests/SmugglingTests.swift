import HTTP1
import Testing

/// Requests made so that two servers disagree about where they end. Whatever a proxy in front took them for, no second
/// request may come out of them here.
struct SmugglingTests {
    private static let inner = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    static let tricks: [(name: String, fields: String)] = [
        ("CL.TE", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"),
        ("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
        ("TE.CL of zero", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
        ("TE.TE", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        ("TE.TE the other way", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
        ("an x before", "Transfer-Encoding: xchunked\r\n"),
        ("a space before the colon", "Transfer-Encoding : chunked\r\n"),
        ("a tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
        ("a vertical tab before the value", "Transfer-Encoding:\u{b}chunked\r\n"),
        ("a form feed behind the value", "Transfer-Encoding: chunked\u{c}\r\n"),
        ("a zero byte behind the value", "Transfer-Encoding: chunked\u{0}\r\n"),
        ("a no-break space before the value", "Transfer-Encoding:\u{a0}chunked\r\n"),
        ("folded", "Transfer-Encoding:\r\n chunked\r\n"),
        ("behind a bare LF", "X: y\nTransfer-Encoding: chunked\r\n"),
        ("behind a bare CR", "X: y\rTransfer-Encoding: chunked\r\n"),
        ("a comma before", "Transfer-Encoding: ,chunked, identity\r\n"),
        ("in quotes", "Transfer-Encoding: 'chunked'\r\n"),
        ("two lengths", "Content-Length: 0\r\nContent-Length: 44\r\n"),
        ("a list of lengths", "Content-Length: 0, 44\r\n"),
        ("a signed length", "Content-Length: +0\r\n"),
        ("a length in octal clothes", "Content-Length: 0o0\r\n"),
        ("a length behind a space", "Content-Length: 4 4\r\n"),
        ("a length with an underscore", "Content-Length: 4_4\r\n"),
        ("a length with a space before the colon", "Content-Length : 0\r\n"),
        ("a length in Arabic digits", "Content-Length: \u{664}\u{664}\r\n"),
        ("a length with a line separator", "Content-Length: 0\u{85}\r\n"),
        ("a second Host", "Host: other\r\n"),
    ]

    @Test(arguments: tricks.map(\.name))
    func `a head that two servers may read differently is refused, and nothing behind it is read`(_ name: String) throws
    {
        let trick = try #require(Self.tricks.first { $0.name == name })
        for body in ["0\r\n\r\n" + Self.inner, Self.inner, "5c\r\n" + Self.inner + "0\r\n\r\n"] {
            let outcome = transcript(post(trick.fields, body: body))
            #expect(outcome.requests.isEmpty)
            #expect(outcome.statuses.count == 1)
            #expect(outcome.events.last == .linger)
        }
    }

    @Test(arguments: [
        "0\n\r\n", "0\r\n\n", "\n0\r\n\r\n", "0;\n\r\n\r\n", "1\r\nZ0\r\n\r\n", "2\r\nZ\r\n0\r\n\r\n", "0\r\n \r\n",
        "00x0\r\n\r\n",
        "0\r\r\n\r\n", "0 \r\n\r\n", "0\t\r\n\r\n", "\u{b}0\r\n\r\n", "0\u{0}\r\n\r\n", "-0\r\n\r\n", "0x0\r\n\r\n",
        "1\r\nZ\n0\r\n\r\n", "1\r\nZ\r0\r\n\r\n",
    ])
    func `a chunked body that others may read otherwise ends the connection`(_ body: String) {
        let outcome = transcript(chunked(body + Self.inner))
        #expect(outcome.requests.isEmpty)
        #expect(outcome.statuses == [400])
    }

    @Test func `a body is never read as a request`() {
        let outcome = transcript(post("Content-Length: \(Self.inner.utf8.count)\r\n", body: Self.inner) + get())
        #expect(outcome.requests == ["post /a \(Self.inner)", "get /a "])
    }
}
