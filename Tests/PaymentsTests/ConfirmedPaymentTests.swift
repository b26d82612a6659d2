import Payments
import PaymentSamples
import Testing

struct ConfirmedPaymentTests {
    private func answer(_ text: String, asked: PaymentID? = 42) throws(AnswerFault) -> ConfirmedPayment {
        try ConfirmedPayment(answer: Array(text.utf8), asked: asked)
    }

    @Test func `an answer is kept as it came`() throws {
        let payment = try answer(
            #"{"id": 42,"currency":"btc","amount":"1500.0","state":"paid","qr_image_path":"/qr/42.png","new":1}"#)
        #expect(payment.state == "paid")
        #expect(payment.qrImagePath == "/qr/42.png")
        #expect(payment.updatedAt == nil)
        #expect(text(payment.json).contains(#""new":1"#))
    }

    @Test func `an amount that is a number is exact as well`() throws {
        #expect(try answer(#"{"id":42,"currency":"btc","amount":1500.10,"state":"paid"}"#).amount == Amount("1500.1"))
    }

    @Test(arguments: [
        "", "<html>", "[]", "null", #"{"id":42}"#, #"{"id":42,"currency":"btc","amount":"1"}"#,
        #"{"id":42,"currency":"btc","amount":"1","state":null}"#,
        #"{"id":42,"currency":"btc","amount":"1","state":""}"#,
        #"{"id":42,"currency":"btc","amount":"x","state":"paid"}"#, #"{"id":42,"amount":"1","state":"paid"}"#,
        #"{"id":"42","currency":"btc","amount":"1","state":"paid"}"#,
        #"{"id":42,"currency":"btc","amount":"1","state":"paid","state":"open"}"#,
    ])
    func `an answer that is no object with id, state, amount and currency is refused`(text: String) {
        #expect(throws: AnswerFault.self) { try answer(text) }
        // A replay reads no more than this of it, and leaves out the same ones.
        #expect(throws: AnswerFault.self) { try ConfirmedSummary(answer: Array(text.utf8).span, asked: 42) }
    }

    @Test func `a replay reads the same of a record as was read of the answer`() throws {
        let text =
            #"{"id":42,"currency":"btc","amount":1500.10,"state":"paid","updated_at":"2026-11-20T18:09:11.456Z"}"#
        let bytes = Array(text.utf8)
        let summary = try ConfirmedSummary(answer: bytes.span, asked: 42)
        #expect(try answer(text).summary == summary)
        #expect(summary.id == 42 && summary.amount == Amount("1500.1"))
        #expect(summary.updatedAt == 1_795_198_151_456_000_000)
    }

    @Test func `another payment than the one asked for is refused`() {
        #expect(throws: AnswerFault.otherID(asked: 42, found: 43)) {
            try answer(#"{"id":43,"currency":"btc","amount":"1","state":"paid"}"#)
        }
    }
}
