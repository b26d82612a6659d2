import Testing

/// Bytes that a connection may send, and what must come of them.
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let input: String
    /// Each request handed over, as `METHOD path[?query] body`.
    let requests: [String]
    /// The status of the refusal that ends the connection, if there is one.
    let refusal: Int?

    var testDescription: String { name }

    init(_ name: String, _ input: String, requests: [String] = [], refusal: Int? = nil) {
        self.name = name
        self.input = input
        self.requests = requests
        self.refusal = refusal
    }
}

/// A request line, a Host field and what else is given.
func get(_ fields: String = "", body: String = "") -> String { "GET /a HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)" }

func post(_ fields: String = "", body: String = "") -> String { "POST /a HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)" }

func host(_ value: String) -> String { "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n" }

func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked\r\n", body: body) }

/// A request whose head has that many bytes.
private func head(_ count: Int) -> String {
    get("X: " + String(repeating: "y", count: count - get("X: \r\n").utf8.count) + "\r\n")
}

/// A chunk of one byte, whose line has that many bytes beyond the sixteen of a size.
private func extensions(_ count: Int) -> String { "1;" + String(repeating: "e", count: count + 14) + "\r\na\r\n" }

/// A trailer of that many bytes.
private func trailer(_ count: Int) -> String { "X: " + String(repeating: "y", count: count - 5) + "\r\n" }

extension Vector {
    static let all = wellFormed + requestLines + targets + fieldLines + hosts + framings + chunks + pipelines

    static let wellFormed = [
        Vector("plain GET", get(), requests: ["get /a "]),
        Vector("POST with a length", post("Content-Length: 5\r\n", body: "hello"), requests: ["post /a hello"]),
        Vector("a length of zero", post("Content-Length: 0\r\n"), requests: ["post /a "]),
        Vector(
            "leading zeros in a length", post("Content-Length: 0005\r\n", body: "hello"), requests: ["post /a hello"]),
        Vector("HTTP/1.0 without Host", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", requests: ["get / "]),
        Vector("a higher minor version", "GET / HTTP/1.7\r\nHost: h\r\n\r\n", requests: ["get / "]),
        Vector("an unknown method", "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["other /pot "]),
        Vector("methods are case-sensitive", "get /pot HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["other /pot "]),
        Vector("empty lines first", "\r\n\r\n\r\n\r\n" + get(), requests: ["get /a "]),
        Vector("field names in any case", post("cOnTeNt-LeNgTh:\t 2 \t\r\n", body: "{}"), requests: ["post /a {}"]),
        Vector("an empty value", get("X:\r\nY: \t \r\n"), requests: ["get /a "]),
        Vector("bytes above 127 in a value", get("X: \u{e9}\r\n"), requests: ["get /a "]),
        Vector("a body on GET", get("Content-Length: 3\r\n", body: "abc"), requests: ["get /a abc"]),
    ]

    static let requestLines = [
        Vector("too many empty lines", "\r\n\r\n\r\n\r\n\r\n" + get(), refusal: 400),
        Vector("bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", refusal: 400),
        Vector("bare LF first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a space at the end", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a tab between", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a leading space", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("no version", "GET /\r\n\r\n", refusal: 400),
        Vector("only a method", "GET\r\n\r\n", refusal: 400),
        Vector("version in lower case", "GET / http/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("version of two digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("version without a minor", "GET / HTTP/1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("version with a comma", "GET / HTTP/1,1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refusal: 505),
        Vector("HTTP/0.9 by name", "GET / HTTP/0.9\r\n\r\n", refusal: 505),
        Vector("HTTP/3.1", "GET / HTTP/3.1\r\n\r\n", refusal: 505),
        Vector("a method that is no token", "GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a method with a control byte", "GE\u{1}T / HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a very long method", String(repeating: "A", count: 33) + " / HTTP/1.1\r\n", refusal: 501),
        Vector("CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 501),
        Vector("a TLS client", "\u{16}\u{3}\u{1}\u{2}", refusal: 400),
    ]

    static let targets = [
        Vector("a query", "GET /a?b=c?d HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["get /a?b=c?d "]),
        Vector("an empty query", "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["get /a? "]),
        Vector("percent-encoding as it came", "GET /%7Ea%2f HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["get /%7Ea%2f "]),
        Vector("absolute form", "GET http://x.y:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["get /a?b "]),
        Vector("absolute form of https", "GET HTTPS://[::1]/a HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["get /a "]),
        Vector("absolute form without a path", "GET http://x HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["get / "]),
        Vector("absolute form, query only", "GET http://x?b HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["get /?b "]),
        Vector("asterisk form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", requests: ["options * "]),
        Vector("asterisk form for GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("absolute form without a host", "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("absolute form, port only", "GET http://:80/a HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("absolute form with a user", "GET http://u@x/a HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("another scheme", "GET ftp://x/a HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("authority form for GET", "GET x:80 HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a relative path", "GET a/b HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("half a percent-encoding", "GET /a%4 HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("percent-encoding of no digits", "GET /a?%zz HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a byte above 127", "GET /\u{e9} HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
        Vector("a control byte", "GET /\u{7f} HTTP/1.1\r\nHost: h\r\n\r\n", refusal: 400),
    ]

    static let fieldLines = [
        Vector("a space before the colon", get("X : y\r\n"), refusal: 400),
        Vector("a tab before the colon", get("X\t: y\r\n"), refusal: 400),
        Vector("a folded line", get("X: y\r\n z\r\n"), refusal: 400),
        Vector("white space before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", refusal: 400),
        Vector("an empty name", get(": y\r\n"), refusal: 400),
        Vector("no colon", get("Xy\r\n"), refusal: 400),
        Vector("a byte that no token has", get("X@: y\r\n"), refusal: 400),
        Vector("a combining mark at the colon", get("X\u{301}: y\r\n"), refusal: 400),
        Vector("a kelvin sign for a K", get("Transfer-Encoding: chun\u{212A}ed\r\n"), refusal: 400),
        Vector("a zero byte in a value", get("X: a\u{0}b\r\n"), refusal: 400),
        Vector("a DEL in a value", get("X: a\u{7f}b\r\n"), refusal: 400),
        Vector("a bare CR in a value", get("X: a\rb\r\n"), refusal: 400),
        Vector("a bare CR in a name", get("X\rY: b\r\n"), refusal: 400),
        Vector("a bare LF after a field", get("X: y\nZ: z\r\n"), refusal: 400),
        Vector("a bare LF for the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\n", refusal: 400),
    ]

    static let hosts = [
        Vector("no Host", "GET / HTTP/1.1\r\n\r\n", refusal: 400),
        Vector("two Hosts", get("Host: h\r\n"), refusal: 400),
        Vector("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", refusal: 400),
        Vector("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", requests: ["get / "]),
        Vector("a Host with a port", "GET / HTTP/1.1\r\nHost: h.example:8080\r\n\r\n", requests: ["get / "]),
        Vector("a Host of IPv6", "GET / HTTP/1.1\r\nHost: [fe80::1]:80\r\n\r\n", requests: ["get / "]),
        Vector("a Host of eight groups", host("[1:22:333:4444:A:b:c:D]"), requests: ["get / "]),
        Vector("a Host of no groups", host("[::]"), requests: ["get / "]),
        Vector("a Host of seven groups and none", host("[1:2:3:4:5:6:7::]"), requests: ["get / "]),
        Vector("a Host of IPv6 with IPv4", host("[::ffff:192.0.2.255]"), requests: ["get / "]),
        Vector("six groups and IPv4", host("[1:2:3:4:5:6:0.0.0.0]"), requests: ["get / "]),
        Vector("too few groups", host("[1:2]"), refusal: 400),
        Vector("too many groups", host("[1:2:3:4:5:6:7:8:9]"), refusal: 400),
        Vector("eight groups and none", host("[1:2:3:4::5:6:7:8]"), refusal: 400),
        Vector("three colons", host("[:::]"), refusal: 400),
        Vector("a colon at the front", host("[:1:2:3:4:5:6:7:8]"), refusal: 400),
        Vector("a colon at the end", host("[1:2:3:4:5:6:7:]"), refusal: 400),
        Vector("shortened twice", host("[1::2::3]"), refusal: 400),
        Vector("five digits", host("[12345::]"), refusal: 400),
        Vector("IPv4 in front", host("[1.2.3.4::]"), refusal: 400),
        Vector("seven groups and IPv4", host("[1:2:3:4:5:6:7:1.2.3.4]"), refusal: 400),
        Vector("a part of IPv4 too large", host("[::1.2.3.256]"), refusal: 400),
        Vector("a leading zero in IPv4", host("[::1.2.3.04]"), refusal: 400),
        Vector("three parts of IPv4", host("[::1.2.3]"), refusal: 400),
        Vector("nothing between brackets", host("[]"), refusal: 400),
        Vector("a zone", host("[fe80::1%25eth0]"), refusal: 400),
        Vector("a Host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", refusal: 400),
        Vector("a Host with a user", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", refusal: 400),
        Vector("a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", refusal: 400),
        Vector("a port of letters", "GET / HTTP/1.1\r\nHost: h:http\r\n\r\n", refusal: 400),
        Vector("a port too large", "GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", refusal: 400),
        Vector("an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", refusal: 400),
        Vector("something behind the bracket", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", refusal: 400),
        Vector("brackets around a name", "GET / HTTP/1.1\r\nHost: [abc]\r\n\r\n", refusal: 400),
    ]

    static let framings = [
        Vector("length beside coding", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), refusal: 400),
        Vector("coding beside length", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), refusal: 400),
        Vector("two equal lengths", post("Content-Length: 3\r\nContent-Length: 3\r\n", body: "abc"), refusal: 400),
        Vector("two different lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", body: "abc"), refusal: 400),
        Vector("a list of lengths", post("Content-Length: 3, 3\r\n", body: "abc"), refusal: 400),
        Vector("a length with a plus", post("Content-Length: +3\r\n", body: "abc"), refusal: 400),
        Vector("a length with a minus", post("Content-Length: -3\r\n", body: "abc"), refusal: 400),
        Vector("a hexadecimal length", post("Content-Length: 0x3\r\n", body: "abc"), refusal: 400),
        Vector("an empty length", post("Content-Length:\r\n"), refusal: 400),
        Vector("a length with a space", post("Content-Length: 1 1\r\n"), refusal: 400),
        Vector("a length with a fraction", post("Content-Length: 3.0\r\n"), refusal: 400),
        Vector("a length of 64 bits", post("Content-Length: 9223372036854775808\r\n"), refusal: 400),
        Vector("a length of 65 bits", post("Content-Length: 18446744073709551619\r\n"), refusal: 400),
        Vector("the largest length", post("Content-Length: 9223372036854775807\r\n"), refusal: 413),
        Vector("a length beyond the limit", post("Content-Length: 16385\r\n"), refusal: 413),
        Vector("coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", refusal: 400),
        Vector("another coding", post("Transfer-Encoding: gzip\r\n"), refusal: 400),
        Vector("chunked not last", post("Transfer-Encoding: chunked, gzip\r\n"), refusal: 400),
        Vector("another coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n"), refusal: 501),
        Vector("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"), refusal: 501),
        Vector(
            "chunked on two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), refusal: 501),
        Vector("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n"), refusal: 400),
        Vector("chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n"), refusal: 400),
        Vector("identity", post("Transfer-Encoding: identity\r\n"), refusal: 400),
        Vector("a comma before chunked", post("Transfer-Encoding: , chunked\r\n", body: "0\r\n\r\n"), refusal: 400),
        Vector("a comma behind chunked", post("Transfer-Encoding: chunked,\r\n", body: "0\r\n\r\n"), refusal: 400),
        Vector(
            "chunked and an empty line of codings",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", body: "0\r\n\r\n"), refusal: 400),
        Vector("an empty coding", post("Transfer-Encoding:\r\n"), refusal: 400),
        Vector("an unknown expectation", post("Expect: a-miracle\r\n"), refusal: 417),
    ]

    static let chunks = [
        Vector("one chunk", chunked("5\r\nhello\r\n0\r\n\r\n"), requests: ["post /a hello"]),
        Vector("several chunks", chunked("1\r\nh\r\n4\r\nello\r\n0\r\n\r\n"), requests: ["post /a hello"]),
        Vector("no chunk but the last", chunked("0\r\n\r\n"), requests: ["post /a "]),
        Vector(
            "digits of either case", chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
            requests: ["post /a 01234567890123456789"]),
        Vector("leading zeros", chunked("0000000000000000000005\r\nhello\r\n000\r\n\r\n"), requests: ["post /a hello"]),
        Vector("extensions", chunked("5;a;b=c;d=\"e f\"\r\nhello\r\n0;x\r\n\r\n"), requests: ["post /a hello"]),
        Vector("white space before an extension", chunked("5 ; a\r\nhello\r\n0\r\n\r\n"), requests: ["post /a hello"]),
        Vector(
            "white space around all of an extension", chunked("1\t;\ta\t=\tb ;c = \"d\"\r\nx\r\n0\r\n\r\n"),
            requests: ["post /a x"]),
        Vector(
            "quotes in a quoted extension", chunked("1;a=\"\\\";\\\\\"\r\nx\r\n0;a=\"\"\r\n\r\n"),
            requests: ["post /a x"]),
        Vector(
            "trailers", chunked("5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n"), requests: ["post /a hello"]),
        Vector("CRLF inside the data", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n"), requests: ["post /a \r\n\r\n"]),
        Vector(
            "Chunked in capitals", post("Transfer-Encoding: CHUNKED\r\n", body: "1\r\na\r\n0\r\n\r\n"),
            requests: ["post /a a"]),
        Vector("a chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), refusal: 400),
        Vector("a chunk size with a plus", chunked("+5\r\nhello\r\n0\r\n\r\n"), refusal: 400),
        Vector("a chunk size with a minus", chunked("-5\r\nhello\r\n0\r\n\r\n"), refusal: 400),
        Vector("an empty chunk size", chunked("\r\nhello\r\n"), refusal: 400),
        Vector("a chunk size of letters", chunked("xyz\r\n"), refusal: 400),
        Vector("white space before a chunk size", chunked(" 5\r\nhello\r\n"), refusal: 400),
        Vector("white space behind a chunk size", chunked("5 \r\nhello\r\n"), refusal: 400),
        Vector("a chunk size of 64 bits", chunked("8000000000000000\r\n"), refusal: 400),
        Vector("a chunk size of 68 bits", chunked("10000000000000005\r\nhello\r\n"), refusal: 400),
        Vector("the largest chunk size", chunked("7fffffffffffffff\r\n"), refusal: 413),
        Vector(
            "chunks beyond the limit", chunked("4000\r\n" + String(repeating: "x", count: 16384) + "\r\n1\r\n"),
            refusal: 413),
        Vector("a bare LF behind a chunk size", chunked("5\nhello\r\n0\r\n\r\n"), refusal: 400),
        Vector("a bare LF behind an extension", chunked("5;a\nhello\r\n0\r\n\r\n"), refusal: 400),
        Vector("a bare CR in an extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), refusal: 400),
        Vector("a semicolon and no extension", chunked("1;\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("an extension without a name", chunked("1;=b\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("an extension without its value", chunked("1;a=\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("an extension that is no token", chunked("1;a/b\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("white space behind an extension", chunked("1;a \r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("two words in an extension", chunked("1;a b\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("an open quote", chunked("1;a=\"b\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("a quote that is escaped open", chunked("1;a=\"b\\\"\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("a backslash at the end", chunked("1;a=\"b\\\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("a control byte in quotes", chunked("1;a=\"\u{1}\"\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("something behind the quotes", chunked("1;a=\"b\"c\r\nx\r\n0\r\n\r\n"), refusal: 400),
        Vector("data that is too long", chunked("4\r\nhello\r\n0\r\n\r\n"), refusal: 400),
        Vector("data that is not ended", chunked("5\r\nhelloX\r\n"), refusal: 400),
        Vector("a CR without LF behind data", chunked("5\r\nhello\rX"), refusal: 400),
        Vector("a malformed trailer", chunked("0\r\nX : y\r\n\r\n"), refusal: 400),
        Vector("a folded trailer", chunked("0\r\nX: y\r\n z\r\n\r\n"), refusal: 400),
        Vector("a trailer with a bare LF", chunked("0\r\nX: y\n\r\n"), refusal: 400),
        Vector(
            "extensions beyond the limit", chunked("1;" + String(repeating: "e", count: 5000) + "\r\na\r\n"),
            refusal: 400),
        Vector(
            "trailers beyond the limit", chunked("0\r\nX: " + String(repeating: "y", count: 5000) + "\r\n\r\n"),
            refusal: 431),
        Vector(
            "extensions beyond the limit, and a bare LF",
            chunked("1;" + String(repeating: "e", count: 5000) + "\na\r\n"),
            refusal: 400),
        Vector(
            "trailers of just the limit", chunked("0\r\nX: " + String(repeating: "y", count: 4091) + "\r\n\r\n"),
            requests: ["post /a "]),
        Vector(
            "trailers beyond the limit, and a bare LF",
            chunked("0\r\nX: " + String(repeating: "y", count: 5000) + "\n\r\n"),
            refusal: 431),
        Vector(
            "extensions of just the limit in sum", chunked(extensions(2048) + extensions(2048) + "0\r\n\r\n"),
            requests: ["post /a aa"]),
        Vector("extensions beyond the limit in sum", chunked(extensions(2048) + extensions(2049)), refusal: 400),
        Vector(
            "trailers of just the limit in sum", chunked("0\r\n" + trailer(2048) + trailer(2048) + "\r\n"),
            requests: ["post /a "]),
        Vector("trailers beyond the limit in sum", chunked("0\r\n" + trailer(2048) + trailer(2049)), refusal: 431),
        Vector("too many trailers", chunked("0\r\n" + String(repeating: "X: y\r\n", count: 65) + "\r\n"), refusal: 431),
    ]

    static let pipelines = [
        Vector("two requests", get() + post("Content-Length: 2\r\n", body: "ab"), requests: ["get /a ", "post /a ab"]),
        Vector("chunks, then another", chunked("1\r\na\r\n0\r\n\r\n") + get(), requests: ["post /a a", "get /a "]),
        Vector(
            "an empty line between", post("Content-Length: 1\r\n", body: "a") + "\r\n" + get(),
            requests: ["post /a a", "get /a "]),
        Vector("a bad one behind a good one", get() + "BAD\r\n\r\n", requests: ["get /a "], refusal: 400),
        Vector("a good one behind a bad one", "BAD\r\n\r\n" + get(), refusal: 400),
        Vector("something behind Connection: close", get("Connection: close\r\n") + get(), requests: ["get /a "]),
        Vector("a target too long", "GET /" + String(repeating: "a", count: 8000) + " HTTP/1.1\r\n", refusal: 414),
        Vector("a head of just the limit", head(16384), requests: ["get /a "]),
        Vector("a head beyond the limit", head(16385), refusal: 431),
        Vector("a field too long", get("X: " + String(repeating: "y", count: 16384) + "\r\n"), refusal: 431),
        Vector("too many fields", get(String(repeating: "X: y\r\n", count: 64)), refusal: 431),
    ]
}
