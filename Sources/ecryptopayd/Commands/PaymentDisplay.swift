import CivilTime
import ECryptoPay
import JSON
import Payments
import POSIX

/// The lines of a watched payment. On a terminal the last line follows the price; elsewhere, and in JSON, each change is a
/// line of its own.
struct PaymentDisplay {
    private let printsJSON: Bool
    private let rewrites: Bool
    private var shown: ConfirmedPayment?
    private var isLineOpen = false

    init(printsJSON: Bool) {
        self.printsJSON = printsJSON
        rewrites = Console.isTerminal && !printsJSON
    }

    /// Shows the payment, unless nothing about it has changed.
    ///
    /// - Parameter now: nanoseconds since 1970.
    mutating func show(_ payment: ConfirmedPayment, now: Int64) {
        defer { shown = payment }
        if printsJSON {
            if payment.json != shown?.json { Console.print(json: payment.json) }
        } else if rewrites {
            if payment.state != shown?.state { finishLine() }
            let line = Self.line(payment, now: now)
            // A line that wraps could not be written over.
            let fitting = Console.columns.map { String(line.prefix(max(1, $0 - 1))) } ?? line
            Console.draw("\r\(VisibleText.escaped(fitting))\u{1b}[K")
            isLineOpen = true
        } else if shown.map(Self.text) != Self.text(payment) {
            Console.print(Self.line(payment, now: now))
        }
    }

    /// Tells something about the watching itself.
    mutating func tell(_ text: String) {
        finishLine()
        Console.error("ecryptopayd: \(text)")
    }

    /// Ends the line that would be written over.
    mutating func finishLine() {
        if isLineOpen { Console.print("") }
        isLineOpen = false
    }

    /// When it was seen so, in UTC, and how it is.
    private static func line(_ payment: ConfirmedPayment, now: Int64) -> String {
        "\(UTCTime(nanoseconds: now).iso8601(fractionDigits: 0))  \(text(payment))"
    }

    private static func text(_ payment: ConfirmedPayment) -> String {
        """
        payment \(payment.id)  \(PaymentText.cell(payment.state))  \(PaymentText.pesos(payment.amount)) MXN  \
        \(PaymentText.quote(payment.currencyAmount, payment.currency))
        """
    }
}
