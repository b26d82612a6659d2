import CivilTime
import ECryptoPay
import Payments

// Creates a payment, asks for it, finds it in the listing, and sees an error told apart. The account is in the arguments.
let arguments = CommandLine.arguments
let credentials = Credentials(
    clientID: arguments[2], clientSecret: arguments[3], email: arguments[4], password: arguments[5])
let client = Client(Client.Configuration(credentials: credentials, apiURL: arguments[1]))
guard let price = Amount("150.50") else { fatalError("150.50 is an amount") }

let created = try await client.createPayment(amount: price, currency: "btc")
let payment = try await client.payment(id: created.id)
let listed = try await client.payments().map(\.id)
precondition(payment.amount == price && payment.id == created.id && listed == [created.id])
let createdAt: Timestamp? = payment.createdAt
precondition(createdAt != nil)
do {
    _ = try await client.payment(id: created.id + 1)
    fatalError("there is no such payment")
} catch {
    precondition(error.kind == .status(404) && !error.isTransient)
}
print("payment \(payment.id), \(payment.state), \(payment.amount) MXN")
