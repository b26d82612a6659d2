package import ECryptoPay
package import Payments
import POSIX
package import Runtime

/// Passes calls on, and measures how long they take and how many fail.
package final class MeasuredAPI: PaymentAPI {
    /// What is known of one kind of call.
    package struct Figures: Sendable {
        /// `payment`, or `list`.
        package let call: String
        /// How long the calls took that ended, with an answer or without.
        package let durations: Histogram.Figures
        /// How many brought no answer that says anything about a payment, by cause.
        package let failures: [String: Int]
    }

    private let api: any PaymentAPI
    private let payment = CallMeter("payment")
    private let list = CallMeter("list")

    /// Measures the calls to `api`.
    package init(_ api: any PaymentAPI) {
        self.api = api
    }

    /// How it stands, for each kind of call.
    package var figures: [Figures] { [payment.figures, list.figures] }

    /// Fetches one payment.
    package func payment(id: PaymentID) async throws(APIError) -> ConfirmedPayment {
        let start = Clock.monotonic()
        do {
            let payment = try await api.payment(id: id)
            self.payment.ended(since: start, nil)
            return payment
        } catch {
            if case .failed = Answer(error, asked: id) {
                payment.ended(since: start, error)
            } else {
                payment.ended(since: start, nil)
            }
            throw error
        }
    }

    /// Shows all payments as they come.
    package func forEachPayment(
        _ body: @escaping @Sendable (ConfirmedPayment) -> Void
    ) async throws(APIError) -> Int {
        let start = Clock.monotonic()
        do {
            let count = try await api.forEachPayment(body)
            list.ended(since: start, nil)
            return count
        } catch {
            list.ended(since: start, error)
            throw error
        }
    }
}
