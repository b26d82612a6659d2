import CivilTime
import Payments
import PaymentSamples
import Testing

struct ReportedPaymentTests {
    @Test func `a documented report has no deviation`() throws {
        let report = try report(
            #"{"id":42,"currency":"btc","amount":"1500.00","created_at":"2026-11-20T18:04:05.123Z","updated_at":"2026-11-20T18:09:11.456Z","state":"paid","currency_amount":"0.00123456"}"#
        )
        #expect(report.id == 42)
        #expect(report.state == "paid")
        #expect(report.amount == Amount("1500"))
        #expect(report.currency == "btc")
        #expect(report.updatedAt == 1_795_198_151_456_000_000)
        #expect(report.deviations == [])
    }

    @Test func `what is missing or of another type is accepted and listed`() throws {
        let report = try report(#"{"id":1,"state":"paid","amount":1500,"currency":null,"updated_at":"gestern"}"#)
        #expect(report.amount == nil)
        #expect(report.currency == nil)
        #expect(report.updatedAt == nil)
        #expect(
            report.deviations == [
                "amount: not a string", "currency: not a string", "updated_at: not a time", "created_at: missing",
                "currency_amount: missing",
            ])
    }

    @Test func `unknown members are kept as they came, white space goes`() throws {
        #expect(
            text(try report("{ \"id\" : 1, \"state\" :\"a b\",\n\"x\":{\"y\":[ 1.50 ]} }").json)
                == #"{"id":1,"state":"a b","x":{"y":[1.50]}}"#)
    }

    @Test func `of members that nobody knows a kibibyte is kept, and the rest is told`() throws {
        let (short, long) = (String(repeating: "s", count: 900), String(repeating: "l", count: 200))
        let body =
            #"{ "big" : ["\#(String(repeating: "b ", count: 600))"], "id":7,"a":"\#(short)","state":"paid","b": "\#(long)", "c" : 1 ,"qr_image_path":"\#(long)\#(short)"}"#
        let trimmed = try report(body)
        let kept = #"{"id":7,"a":"\#(short)","state":"paid","c":1,"qr_image_path":"\#(long)\#(short)"}"#
        #expect(text(trimmed.json) == kept)
        #expect(trimmed.deviations.last == "unknown members: \(1212 + 207) bytes left out")
        let summary = try ReportedSummary(body: Array(body.utf8).span)
        #expect(try ReportedSummary(body: trimmed.json.span) == summary)
        // What is kept is kept whole when it is read again, and nothing is told of it.
        let again = try report(kept)
        #expect(again.json == trimmed.json && !again.deviations.contains { $0.hasPrefix("unknown") })
        let first = try report(#"{"x":"\#(short)\#(long)","id":7,"state":"paid"}"#)
        #expect(text(first.json) == #"{"id":7,"state":"paid"}"#)
    }

    @Test(arguments: [
        ("", "ends too early"), ("[]", "not an object"), ("{\"id\":1,\"state\":\"x\"", "ends too early"),
        (#"{"state":"x"}"#, #""id" must"#), (#"{"id":"1","state":"x"}"#, "not a number"),
        (#"{"id":0,"state":"x"}"#, "not positive"), (#"{"id":-1,"state":"x"}"#, "not positive"),
        (#"{"id":1.0,"state":"x"}"#, "not an integer"), (#"{"id":9223372036854775808,"state":"x"}"#, "not an integer"),
        (#"{"id":1}"#, #""state" must"#), (#"{"id":1,"state":""}"#, "empty"),
        (#"{"id":1,"state":null}"#, "not a string"),
        (#"{"id":1,"state":"x","id":1}"#, #"holds "id" twice"#),
        (#"{"id":1,"state":"x","a":1,"a":1}"#, #"holds "a" twice"#),
        (#"{"id":1,"state":"x","i\u0064":2}"#, #"holds "id" twice"#),
    ])
    func `a body that is no report is refused with the field at fault`(body: String, detail: String) {
        do {
            _ = try report(body)
            Issue.record("taken: \(body)")
        } catch {
            #expect("\(error)".contains(detail), "\(error)")
        }
        // A replay reads no more than this of it, and leaves out the same ones.
        #expect(throws: ReportFault.self) { try ReportedSummary(body: Array(body.utf8).span) }
    }

    @Test func `the largest id of 63 bits is taken`() throws {
        #expect(try report(#"{"id":9223372036854775807,"state":"x"}"#).id == .max)
    }
}
