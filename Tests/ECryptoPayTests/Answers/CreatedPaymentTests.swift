import Payments
import Testing

@testable import ECryptoPay

@Suite struct CreatedPaymentTests {
    private func read(_ json: String) throws -> CreatedPayment { try CreatedPayment(answer: Array(json.utf8)) }

    @Test func `the documented answer is read, without a state`() throws {
        let payment = try read(
            """
            { "id": 42, "currency": "btc", "amount": "150.0", "created_at": "2022-11-01T18:04:05.123Z",
              "updated_at": "2022-11-01T18:04:05.123Z", "currency_amount": "0.00041", "qr_image_path": "https://x/qr" }
            """)
        #expect(payment.id == 42)
        #expect(payment.amount == Amount("150"))
        #expect(payment.currency == "btc")
        #expect(payment.createdAt.map { "\($0)" } == "2022-11-01T18:04:05.123Z")
        #expect(payment.updatedAt == payment.createdAt)
        #expect(payment.currencyAmount == Amount("0.00041"))
        #expect(payment.qrImagePath == "https://x/qr")
        #expect(
            String(decoding: payment.json, as: UTF8.self).hasPrefix(#"{"id":42,"currency":"btc","amount":"150.0","#))
    }

    @Test func `what the buyer can do without may be missing, and an amount may be a number`() throws {
        let payment = try read(#"{"id":1,"amount":150.50,"currency":"eth","created_at":5}"#)
        #expect(payment.amount == Amount("150.5"))
        #expect(payment.createdAt == nil && payment.currencyAmount == nil && payment.qrImagePath == nil)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"id":"1","amount":"1","currency":"btc"}"#, #"{"id":0,"amount":"1","currency":"btc"}"#,
        #"{"id":1,"amount":"one","currency":"btc"}"#, #"{"id":1,"currency":"btc"}"#, #"{"id":1,"amount":"1"}"#,
        #"{"id":9223372036854775808,"amount":"1","currency":"btc"}"#,
    ])
    func `an answer without id, amount or currency is no created payment`(json: String) {
        #expect(throws: AnswerFault.self) { try read(json) }
    }
}
