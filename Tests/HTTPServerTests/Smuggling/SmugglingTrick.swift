/// A request made so that two readers may disagree about where it ends, with a second one inside or behind it.
struct SmugglingTrick: Sendable {
    /// The request that nobody but the attacker has asked for.
    static let inner = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    let name: String
    let bytes: [UInt8]
    let verdict: Verdict

    /// What a strict reader makes of it.
    enum Verdict: Hashable, Sendable {
        /// No request at all.
        case refused
        /// One request, and then something that is none.
        case refusedBehindFirst
        /// One request, with the second one in its body, or never looked at.
        case swallowed
        /// Nothing about it is ambiguous: the second request is one, for all readers.
        case plain
    }

    init(_ name: String, _ parts: [UInt8]..., verdict: Verdict) {
        self.name = name
        bytes = parts.flatMap { $0 }
        self.verdict = verdict
    }

    static var all: [SmugglingTrick] { transferEncodings + contentLengths + chunks + others }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}

// MARK: Disguised codings

extension SmugglingTrick {
    /// CL.TE, TE.CL, and a coding without a length, with each disguise of the coding.
    static var transferEncodings: [SmugglingTrick] {
        FieldDisguise.transferEncodings.flatMap { disguise in
            let coding = disguise.strictValues(of: "transfer-encoding")
            let chunks = "0\r\n\r\n" + inner
            let size = String(inner.utf8.count, radix: 16)
            return [
                SmugglingTrick(
                    "CL.TE, \(disguise.name)", "POST /a HTTP/1.1\r\n".bytes, disguise.bytes,
                    "\r\nHost: h\r\nContent-Length: \(chunks.utf8.count)\r\n\r\n\(chunks)".bytes,
                    verdict: coding == [] ? .swallowed : .refused),
                SmugglingTrick(
                    "TE.CL, \(disguise.name)", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n".bytes,
                    disguise.bytes, "\r\n\r\n\(size)\r\n\(inner)\r\n0\r\n\r\n".bytes,
                    verdict: coding == [] ? .plain : .refused),
                SmugglingTrick(
                    "TE.0, \(disguise.name)", "POST /a HTTP/1.1\r\nHost: h\r\n".bytes, disguise.bytes,
                    "\r\n\r\n\(chunks)".bytes,
                    verdict: coding == [] ? .refusedBehindFirst : coding == ["chunked"] ? .plain : .refused),
            ]
        }
    }
}

// MARK: Disguised lengths

extension SmugglingTrick {
    /// CL.0 by POST and GET, and lengths beside a coding or another length, with each disguise of the length.
    static var contentLengths: [SmugglingTrick] {
        let length = inner.utf8.count
        return FieldDisguise.contentLengths(length).flatMap { disguise in
            let values = disguise.strictValues(of: "content-length")
            func trick(_ name: String, _ start: String, _ body: String, _ verdict: Verdict) -> SmugglingTrick {
                SmugglingTrick(
                    "\(name), \(disguise.name)", "\(start) /a HTTP/1.1\r\nHost: h\r\n".bytes, disguise.bytes,
                    "\r\n\r\n\(body)".bytes, verdict: verdict)
            }
            let alone: Verdict =
                switch values {
                case []: .plain
                case ["\(length)"], ["0\(length)"], ["00\(length)"]: .swallowed
                default: .refused
                }
            return [
                trick("CL.0", "POST", inner, alone), trick("CL.0 by GET", "GET", inner, alone),
                SmugglingTrick(
                    "CL beside TE, \(disguise.name)", "POST /a HTTP/1.1\r\nHost: h\r\n".bytes, disguise.bytes,
                    "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(inner)".bytes,
                    verdict: values == [] ? .plain : .refused),
                SmugglingTrick(
                    "CL beside CL, \(disguise.name)",
                    "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n".bytes,
                    disguise.bytes, "\r\n\r\n\(inner)".bytes, verdict: values == [] ? .swallowed : .refused),
            ]
        }
    }
}

// MARK: Chunks

extension SmugglingTrick {
    private static func chunked(_ name: String, _ parts: [UInt8]...) -> SmugglingTrick {
        SmugglingTrick(
            name, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".bytes,
            parts.flatMap { $0 }, inner.bytes, verdict: .refused)
    }

    /// Sizes, ends of lines, data and trailers that are not as the grammar has them.
    static var chunks: [SmugglingTrick] { chunkSizes + chunkLines + chunkBytes + trailers }

    private static var chunkSizes: [SmugglingTrick] {
        let noughts = [
            "0x0", "0X0", "x0", "0x", "-0", "+0", "0_0", "_0", "0_", "0 ", " 0", "\t0", "0\t", "0.0", "0e", "0,", "0,0",
            "0:", "0=", "0a:", "'0'", "\"0\"", "(0)", "%30", "0h", "0 0", "0 a", "0;\n", "0;a\n", "0;\r",
            "0;a\rb",
            "0;a=\"\n\"", "0;a=\"\r\n\"", "0; \n", "g", "", ";", ";a", "{0}", "\u{660}", "\u{ff10}", "\u{feff}0",
            "0" + String(repeating: "0", count: 6000), "10000000000000000", "100000000000000000000000000000000",
            "8000000000000000", "ffffffffffffffff", "7fffffffffffffff", "100000000", "80000000", "ffffffff", "-1",
            "-8000000000000000",
        ]
        return noughts.map { chunked("a size of \($0.prefix(40).debugDescription)", "\($0)\r\n\r\n".bytes) }
            + ["0x5", "+5", "-5", "5_", " 5", "5 ", "5\t", "05h", "5.0", "V"].map {
                chunked("a first size of \($0.debugDescription)", "\($0)\r\nhello\r\n0\r\n\r\n".bytes)
            }
    }

    /// One line's end after the other is another one.
    private static var chunkLines: [SmugglingTrick] {
        let ends = [
            "\n", "\r", "", "\r\r\n", "\n\r", "\n\r\n", "\r \n", " \r\n", "\u{0}\r\n", "\r\n\r\n", "\r\n ", "XX",
            "\n\n", "\r\r", "\r\u{0}\n",
        ]
        let places = ["the size", "the data", "the last chunk", "the trailers"]
        return places.indices.flatMap { place in
            ends.compactMap { end -> SmugglingTrick? in
                var all = ["\r\n", "\r\n", "\r\n", "\r\n"]
                all[place] = end
                // The end comes here as it should, and what is more belongs to the next request.
                if place == 3 || end == "\r\n\r\n", place >= 2, end.hasPrefix("\r\n") { return nil }
                return chunked(
                    "\(end.debugDescription) behind \(places[place])",
                    "5\(all[0])hello\(all[1])0\(all[2])\(all[3])".bytes)
            }
        } + ["4", "6", "3", "10"].map { chunked("data that is not \($0) long", "\($0)\r\nhello\r\n0\r\n\r\n".bytes) }
    }

    /// Every byte that is neither digit nor letter, where a size begins or ends, and control bytes elsewhere.
    private static var chunkBytes: [SmugglingTrick] {
        let controls = (0x00...0x1F).filter { $0 != 0x09 } as [UInt8]
        return FieldDisguise.manyBytes.flatMap { byte in
            [
                chunked("byte \(byte) before a size", [byte], "0\r\n\r\n".bytes),
                chunked("byte \(byte) behind a size", "0".bytes, [byte], "\r\n\r\n".bytes),
            ]
        } + controls.map { chunked("byte \($0) in an extension", "0;a=".bytes, [$0], "b\r\n\r\n".bytes) }
            + controls.filter { $0 != 0x0D }.map {
                chunked("byte \($0) behind data", "1\r\na".bytes, [$0], "\n0\r\n\r\n".bytes)
            }
    }

    private static var trailers: [SmugglingTrick] {
        [
            "X : y\r\n", " X: y\r\n", "X: y\r\n z\r\n", "X: y\n", "X: y\r", "X\r\n", ": y\r\n", "X: y\u{0}\r\n",
            "X: a\rb\r\n",
            "X: y\r\r\n", "GET /smuggled HTTP/1.1\r\n", "\n", "\r", "\u{b}\r\n",
            String(repeating: "X: y\r\n", count: 100), "X: \(String(repeating: "y", count: 6000))\r\n",
        ].map { chunked("a trailer of \($0.prefix(40).debugDescription)", "0\r\n\($0)\r\n".bytes) }
    }
}

// MARK: Others

extension SmugglingTrick {
    /// Request lines, methods, versions and fields whose meaning for the body has been mistaken somewhere.
    static var others: [SmugglingTrick] { requestLines + methods + fields }

    private static var requestLines: [SmugglingTrick] {
        [
            "POST\t/a\tHTTP/1.1", "POST  /a  HTTP/1.1", "POST /a HTTP/1.1\rX: X", "POST /a\u{b}HTTP/1.1",
            "POST /a\u{c}HTTP/1.1",
            "POST /a \tHTTP/1.1", "POST /a HTTP/1.1 ", " POST /a HTTP/1.1", "\tPOST /a HTTP/1.1", "POST /a",
            "POST /a HTTP/1.0",
            "POST /a HTTP/0.9", "POST /a HTTP/2.0", "POST /a http/1.1", "POST /a HTTP/1.1\u{0}", "POST /a HTTP/01.1",
            "POST /a HTTP/1.01",
            "POST /a HTTP/1.1, HTTP/1.0", "POST /a HTTP/ 1.1", "POST /a\u{0} HTTP/1.1", "POST /a\n HTTP/1.1",
            "P\rOST /a HTTP/1.1",
            "POST /a b HTTP/1.1", "POST /a HTTP/1.1\r\r", "POST http:///a HTTP/1.1", "POST /a#b HTTP/1.1",
            "\u{feff}POST /a HTTP/1.1",
        ].map { line in
            SmugglingTrick(
                "request line \(line.debugDescription)",
                "\(line)\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(inner)".bytes, verdict: .refused)
        }
    }

    private static func post(_ start: String, _ fields: String, _ verdict: Verdict) -> SmugglingTrick {
        SmugglingTrick(
            "\(start), \(fields.debugDescription)", "\(start)\r\nHost: h\r\n\(fields)\r\n\r\n\(inner)".bytes,
            verdict: verdict)
    }

    private static var methods: [SmugglingTrick] {
        let length = "Content-Length: \(inner.utf8.count)"
        return ["GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "PUT", "PATCH", "FROB", "PRI", "get"].map {
            post("\($0) /a HTTP/1.1", length, .swallowed)
        } + [
            post("CONNECT h:80 HTTP/1.1", length, .refused),
            post("POST /a HTTP/1.0", "Connection: keep-alive\r\n\(length)", .swallowed),
            post("POST /a HTTP/1.0", "Transfer-Encoding: chunked\r\n\(length)", .refused),
            post("POST http://other/a HTTP/1.1", length, .swallowed),
            post("POST http://other/a HTTP/1.1", "Host: other", .refused),
            post("POST http://h@other/a HTTP/1.1", length, .refused),
        ]
    }

    private static var fields: [SmugglingTrick] {
        let length = "Content-Length: \(inner.utf8.count)"
        let start = "POST /a HTTP/1.1"
        return [
            "Expect: 100-continue", "Connection: Content-Length", "Connection: close, Content-Length",
            "Connection: Host",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777", "Trailer: Content-Length",
            "TE: trailers, chunked", "Range: bytes=0-0", "Content-Encoding: gzip", "Content-Type: message/http",
            "X-HTTP-Method-Override: GET", "Content-Length-X: 0", "X-Content-Length: 0", "Max-Forwards: 0",
            "Keep-Alive: max=0",
        ].map { post(start, "\($0)\r\n\(length)", .swallowed) }
            + [
                "Expect: 100-continue, x", "Expect: x 100-continue", "Expect: 100-continue\r\nExpect: x", "Expect: ",
                "Expect: 200-ok",
                "Host: other", "Host : other", "Host: h, other",
            ].map { post(start, "\($0)\r\n\(length)", .refused) } + [
                post(start, "Content-Length: 0\r\nConnection: close", .swallowed),
                post(start, "Connection: close", .swallowed),
            ]
    }
}
