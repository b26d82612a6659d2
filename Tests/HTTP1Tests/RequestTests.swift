import HTTP1
import Testing

struct RequestTests {
    private func request(_ text: String) throws -> Request {
        var machine = ConnectionMachine(limits: Limits())
        var output: [UInt8] = []
        machine.receive { span in for byte in text.utf8 { span.append(byte) } }
        guard case .handle(let request) = machine.next(dateLine: [], output: &output) else {
            throw RequestError(400, String(decoding: output, as: UTF8.self))
        }
        return request
    }

    @Test func `field values are found by name in any case, trimmed and in order`() throws {
        let request = try request(get("Accept: a\r\nX-Y: 1\r\nACCEPT: \t b, c \t\r\n"))
        #expect(request.values(of: "accept").map { String(decoding: $0, as: UTF8.self) } == ["a", "b, c"])
        #expect(request.firstValue(of: "Accept").map { String(decoding: $0, as: UTF8.self) } == "a")
        #expect(request.firstValue(of: "x-z") == nil)
        #expect(request.values(of: "x").isEmpty)
    }

    @Test func `all fields come in the order in which they came`() throws {
        let request = try request(get("B: 2\r\nA: 1\r\nB: 3\r\n"))
        let fields = request.fields.map {
            "\(String(decoding: $0.name, as: UTF8.self))=\(String(decoding: $0.value, as: UTF8.self))"
        }
        #expect(fields == ["Host=h", "B=2", "A=1", "B=3"])
    }

    @Test func `a kelvin sign is not a k`() throws {
        let request = try request(get("K: 1\r\n"))
        #expect(request.firstValue(of: "k") != nil)
        #expect(request.firstValue(of: "\u{212A}") == nil)
    }

    @Test func `there is a difference between an empty query and none`() throws {
        #expect(try request("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").query == nil)
        #expect(try request("GET /a? HTTP/1.1\r\nHost: h\r\n\r\n").query?.isEmpty == true)
    }

    @Test(arguments: [
        ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("PATCH", .patch),
        ("OPTIONS", .options), ("TRACE", .trace), ("MKCOL", .other), ("Post", .other),
    ])
    func `methods have their names`(_ name: String, _ method: Method) throws {
        #expect(try request("\(name) / HTTP/1.1\r\nHost: h\r\n\r\n").method == method)
    }
}
