import CivilTime
import ECryptoPay
import Payments

/// How a payment is shown to people. What the API sent is a stranger's text: nothing in it may steer a terminal.
enum PaymentText {
    /// A short text of the API's.
    static func cell(_ text: String) -> String { ReadableText.line(text, limit: 40) }

    /// Pesos with their centavos, e.g. `150.00`.
    static func pesos(_ amount: Amount) -> String {
        let text = "\(amount)"
        guard !text.contains("e") else { return text }
        guard let point = text.lastIndex(of: ".") else { return text + ".00" }
        return text[point...].count == 2 ? text + "0" : text
    }

    /// What is to be paid, e.g. `0.00007889 btc`; the price is re-quoted all the time.
    static func quote(_ amount: Amount?, _ currency: String) -> String {
        "\(amount.map { "\($0)" } ?? "?") \(cell(currency))"
    }

    /// A time in UTC to the second, or a dash when the API gave none that can be read.
    static func time(_ time: Timestamp?) -> String {
        time.map { UTCTime(nanoseconds: $0.nanoseconds).iso8601(fractionDigits: 0) } ?? "-"
    }

    /// An address that is meant to be opened: whole, for half of one is of no use.
    static func address(_ text: String?) -> String { text.map { ReadableText.line($0, limit: 4_096) } ?? "-" }

    /// A payment, one field a line.
    static func lines(_ payment: ConfirmedPayment) -> [String] {
        [
            "payment   \(payment.id)", "state     \(cell(payment.state))", "amount    \(pesos(payment.amount)) MXN",
            "to pay    \(quote(payment.currencyAmount, payment.currency))", "created   \(time(payment.createdAt))",
            "updated   \(time(payment.updatedAt))", "QR image  \(address(payment.qrImagePath))",
        ]
    }

    /// A new payment: its number stands on a line of its own, for `head -n 1`.
    static func lines(_ payment: CreatedPayment) -> [String] {
        [
            "\(payment.id)", "amount    \(pesos(payment.amount)) MXN",
            "to pay    \(quote(payment.currencyAmount, payment.currency))", "created   \(time(payment.createdAt))",
            "QR image  \(address(payment.qrImagePath))",
        ]
    }
}
