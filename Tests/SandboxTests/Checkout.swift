// The code of the article "Take a payment and know that it was paid" in ECryptoPay's documentation. CheckoutTests compares
// the two, and runs it.
import ECryptoPay
import Payments

/// The account, as the dashboard shows it. Take the secrets from wherever yours are kept.
func makeClient(environment: [String: String]) -> Client? {
    guard let id = environment["ECRYPTOPAY_CLIENT_ID"], let secret = environment["ECRYPTOPAY_CLIENT_SECRET"],
        let email = environment["ECRYPTOPAY_EMAIL"], let password = environment["ECRYPTOPAY_PASSWORD"]
    else { return nil }
    let credentials = Credentials(clientID: id, clientSecret: secret, email: email, password: password)
    return Client(
        Client.Configuration(
            credentials: credentials, apiURL: environment["ECRYPTOPAY_API_URL"] ?? Client.Configuration.defaultURL))
}

/// Creates the payment of an order, and keeps its number before anybody can pay it.
func openPayment(
    _ price: Amount, with client: Client, keep: (PaymentID) async throws -> Void
) async throws -> CreatedPayment {
    let created = try await client.createPayment(amount: price, currency: "btc")
    try await keep(created.id)
    return created
}

/// The payment is about another sum than the order: nobody's goods should leave for it.
struct AnotherAmount: Error {
    let payment: ConfirmedPayment
}

/// Asks until the payment has come to the state that means "paid", and shows it to the buyer meanwhile.
func waitUntilPaid(
    _ id: PaymentID, price: Amount, paidState: String, with client: Client, every interval: Duration = .seconds(25),
    show: (ConfirmedPayment) -> Void
) async throws -> ConfirmedPayment {
    var failures = 0
    while true {
        do {
            let payment = try await client.payment(id: id)
            guard payment.amount == price else { throw AnotherAmount(payment: payment) }
            if payment.state == paidState { return payment }
            failures = 0
            show(payment)
        } catch let error as APIError where error.isTransient {
            // An outage says nothing about the payment. Wait longer each time, and as long as the server asks.
            failures = min(failures + 1, 5)
            try await Task.sleep(for: max(error.retryAfter ?? .zero, interval * (1 << failures)))
        }
        try await Task.sleep(for: interval)
    }
}
