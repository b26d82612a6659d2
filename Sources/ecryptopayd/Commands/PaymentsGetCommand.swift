import ArgumentParser
import ECryptoPay
import Payments

/// `ecryptopayd payments get`: one payment as the API has it now.
struct PaymentsGetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one payment as the API has it now.",
        discussion: "Price and QR image are good for 25 seconds, then the API quotes them anew: ask again, or watch it."
    )

    @OptionGroup var payment: PaymentArgument
    @OptionGroup var qrOption: QROption
    @OptionGroup var options: PaymentsOptions

    func validate() throws { try qrOption.refuse(besideJSON: options.json) }

    func run() throws {
        try reportingFailure {
            let client = try options.client()
            let id = payment.id
            let found: ConfirmedPayment
            do { found = try blocking { try await client.payment(id: id) } } catch let error as APIError {
                throw CommandFailure(error, payment: id)
            }
            if options.json { return Console.print(json: found.json) }
            for line in PaymentText.lines(found) { Console.print(line) }
            qrOption.draw(found.qrImagePath)
        }
    }
}
