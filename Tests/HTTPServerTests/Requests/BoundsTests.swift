import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

/// The bounds on one request and one connection, at their defaults, on the wire: at each of them all is well, one further
/// is refused. The others are in `DeadlineTests` (times), `CapacityTests` (connections) and `RefusalTests` (memory, linger).
struct BoundsTests {
    struct Bound: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        let within: String
        let beyond: String

        var testDescription: String { name }

        init(_ name: String, _ status: Int, _ make: (Int) -> String, at limit: Int) {
            self.name = name
            self.status = status
            within = make(limit)
            beyond = make(limit + 1)
        }
    }

    private static func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    static let bounds = [
        Bound("a head of 16384 bytes", 431, { request("GET /", "X: \(x($0 - 32))\r\n") }, at: 16384),
        Bound("64 fields", 431, { request("GET /", String(repeating: "X: y\r\n", count: $0 - 1)) }, at: 64),
        Bound("a target of 8000 bytes", 414, { request("GET /\(x($0 - 1))") }, at: 8000),
        Bound("a method of 32 bytes", 501, { request("\(x($0)) /") }, at: 32),
        Bound("4 empty lines", 400, { String(repeating: "\r\n", count: $0) + request("GET /") }, at: 4),
        Bound(
            "a declared body of 16384 bytes", 413,
            { request("POST /", "Content-Length: \($0)\r\n", body: x($0)) }, at: 16384),
        Bound("a chunked body of 16384 bytes", 413, { chunks($0, of: 1000) }, at: 16384),
        Bound("64 trailers", 431, { chunks(1, of: 1, trailers: String(repeating: "X: y\r\n", count: $0)) }, at: 64),
    ]

    /// A request with so many bytes in chunks.
    private static func chunks(_ bytes: Int, of size: Int, ext: String = "", trailers: String = "") -> String {
        var body = ""
        for start in stride(from: 0, to: bytes, by: size) {
            let count = min(size, bytes - start)
            body += "\(String(count, radix: 16))\(ext)\r\n\(x(count))\r\n"
        }
        return request("POST /", "Transfer-Encoding: chunked\r\n", body: "\(body)0\r\n\(trailers)\r\n")
    }

    @Test(arguments: bounds) func `a request may go up to the bound`(_ bound: Bound) async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(bound.within + request("GET /next"))
            #expect(try client.receive().status == 200)
            #expect(try client.receive().body == "get /next ")
            let other = try ClientSocket(address)
            try other.send(bound.beyond)
            let answer = try other.receive()
            #expect(answer.status == bound.status)
            #expect(answer.field("connection") == "close")
            #expect(try other.receiveRest() == "")
        }
    }

    @Test(arguments: [
        // In sum over all chunks, and over all lines.
        (chunks(10, of: 1, ext: ";\(x(300))"), chunks(10, of: 1, ext: ";\(x(500))"), 400),
        (
            chunks(1, of: 1, trailers: String(repeating: "X: \(x(100))\r\n", count: 30)),
            chunks(1, of: 1, trailers: String(repeating: "X: \(x(100))\r\n", count: 50)), 431
        ),
    ])
    func `what comes beside a chunked body is bounded`(within: String, beyond: String, status: Int) async throws {
        try await withServer { _, address in
            let client = try ClientSocket(address)
            try client.send(within)
            #expect(try client.receive().status == 200)
            try client.send(beyond)
            #expect(try client.receive().status == status)
        }
    }

    @Test func `the last request that a connection may send is answered with Connection: close`() async throws {
        var options = HTTPServer.Options.patient
        options.limits.requestsPerConnection = 3
        try await withServer(options) { _, address in
            let client = try ClientSocket(address)
            try client.send(String(repeating: request("GET /"), count: 5))
            for number in 1...3 {
                #expect(try client.receive().field("connection") == (number == 3 ? "close" : nil))
            }
            #expect(try client.receiveRest() == "")
        }
    }

    @Test func `a peer that does not take its answers is not worked for`() async throws {
        let large = Response(status: 200, body: [UInt8](repeating: 0x78, count: 65536))
        let waiting = Waiting { _, exchange in exchange.respond(large) }
        try await withServer(handler: waiting) { _, address in
            let client = try ClientSocket(address)
            let asked = 2000
            try client.send(String(repeating: request("GET /"), count: asked))
            let other = try ClientSocket(address)
            for round in 0..<4 {
                // Whoever comes later has been served meanwhile, a hundred times.
                for _ in 0..<100 {
                    try other.send(request("GET /"))
                    #expect(try other.receive().status == 200)
                }
                // The kernel's buffers take some megabytes; without a bound all answers would wait in the server's memory.
                let handled = waiting.count - 100 * (round + 1)
                #expect(handled - 200 * round < 400)
                for _ in 0..<200 { _ = try client.receive() }
            }
            try client.reset()
        }
    }
}
