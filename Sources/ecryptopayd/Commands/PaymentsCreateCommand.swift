import ArgumentParser
import ECryptoPay
import JSON
import Payments
import ServiceManager

/// `ecryptopayd payments create`: a new payment.
struct PaymentsCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a payment, and print its number first.",
        discussion: """
            Keep the number beside the order: nothing else links the two. A creation is never sent twice. When no answer tells \
            whether it was carried out, the exit code is 69, never 75, and "payments list --since" shows whether the payment \
            is there.
            """)

    @Option(help: ArgumentHelp("The price in Mexican pesos, e.g. 150.00.", valueName: "mxn")) var amount: String
    @Option(help: ArgumentHelp("The cryptocurrency to pay with.", valueName: "name")) var currency = "btc"
    @OptionGroup var qrOption: QROption
    @OptionGroup var options: PaymentsOptions

    func validate() throws {
        _ = try price()
        if currency.isEmpty {
            throw ValidationError("--currency is empty: write a currency such as btc, or leave it out")
        }
        try qrOption.refuse(besideJSON: options.json)
    }

    func run() throws {
        Signals.prepare()
        try reportingFailure {
            let price = try price()
            let currency = currency
            let client = try options.client()
            let created: CreatedPayment
            do {
                created = try interruptible { try await client.createPayment(amount: price, currency: currency) }
            } catch let error as APIError { throw CommandFailure(creation: error) }
            show(created)
        }
    }

    private func show(_ created: CreatedPayment) {
        let rescue = "payment \(created.id) was created: keep its number beside the order"
        if options.json { return Console.print(json: created.json, rescue: rescue) }
        Console.print(PaymentText.lines(created).joined(separator: "\n"), rescue: rescue)
        qrOption.draw(created.qrImagePath)
        Console.error(
            "keep the number beside the order; \"ecryptopayd payments watch \(created.id)\" shows how it goes on")
    }

    /// Checked before anything is sent. Digits and a point only: what else a decimal number may be written with is more
    /// likely a slip than meant.
    private func price() throws -> Amount {
        let hint = "write pesos like 150 or 150.00"
        guard amount.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || $0 &- UInt8(ascii: "0") < 10 }),
            let price = Amount(amount)
        else { throw ValidationError("--amount \(JSONString.quoted(amount)) is not a decimal number: \(hint)") }
        guard !price.isZero else { throw ValidationError("--amount \(amount) is nothing: \(hint)") }
        return price
    }
}

extension CommandFailure {
    /// Why a creation brought no payment, or brought no word of one.
    init(creation error: APIError) {
        let look = "before creating it again, look for it with \"ecryptopayd payments list --since 10m\""
        if error.kind == .undecodable, error.mayHaveCreated {
            self.init(.badData, "the payment was created, but the answer does not tell its number: \(error); \(look)")
        } else if error.mayHaveCreated {
            self.init(.unavailable, "whether the payment was created is not known: \(error); \(look)")
        } else {
            self.init(error)
        }
    }
}

extension APIError {
    /// Whether the API may have created the payment nevertheless: the request was sent, and no answer says that it was
    /// refused. A fault of the token endpoint comes before it is sent.
    fileprivate var mayHaveCreated: Bool {
        guard path.hasSuffix("/payments/") else { return false }
        return switch kind {
        case .timeout, .connectionLost, .malformedAnswer, .tooLarge, .undecodable, .wrongID, .cancelled, .other: true
        case .status(let status): status >= 500 || status == 408
        case .invalidRequest, .dns, .connect, .tls, .credentialsRefused: false
        }
    }
}
