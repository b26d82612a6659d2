import HTTP1
import Testing

struct ResponseTests {
    private func sent(_ response: Response) -> String {
        var driver = Driver()
        driver.answer = response
        driver.feed(get())
        return driver.transcript.output
    }

    @Test func `fields come in the order in which they were given`() {
        let response = Response(status: 405, contentType: "text/plain", fields: [("Allow", "POST"), ("A", "b")])
        let head = "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain\r\nAllow: POST\r\nA: b\r\n"
        #expect(sent(response) == head + "Content-Length: 0\r\nDate: now\r\n\r\n")
    }

    @Test func `a value cannot end its line`() {
        let output = sent(Response(status: 200, fields: [("X", "a\r\nY: b\u{0}")]))
        #expect(output.contains("X: a  Y: b \r\n"))
    }

    @Test func `an answer without content has no length`() {
        #expect(sent(Response(status: 204)) == "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n")
    }

    @Test func `the detail of a problem is escaped as JSON`() {
        let response = Response.problem(status: 400, detail: "a \"b\" \\ \n\u{1f} é")
        let body = #"{"title":"Bad Request","status":400,"detail":"a \"b\" \\ \u000a\u001f é"}"#
        #expect(String(decoding: response.body, as: UTF8.self) == body)
        #expect(sent(response).contains("Content-Type: application/problem+json\r\n"))
    }

    @Test func `a status without a name is sent without one`() {
        #expect(sent(Response(status: 299)).hasPrefix("HTTP/1.1 299 \r\n"))
    }
}
