import ArgumentParser
import Configuration
import ECryptoPay
import Glibc
import Payments

/// `ecryptopayd payments …`: the API by hand.
struct PaymentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments",
        abstract: "Look at payments, watch one, and create new ones, through ecryptopay's API.",
        discussion: """
            Uses the account of the configuration; the daemon need not run. Exit codes: 65 an answer that cannot be read, or a \
            creation that the API refuses, 66 no such payment, 69 the API is not reached, 75 try again (429 or 5xx), 77 the \
            credentials are refused, 78 the configuration is faulty.
            """,
        subcommands: [
            PaymentsListCommand.self, PaymentsGetCommand.self, PaymentsWatchCommand.self, PaymentsCreateCommand.self,
        ])
}

/// What each of the commands about payments needs.
struct PaymentsOptions: ParsableArguments {
    @Flag(help: "Print the API's own JSON.") var json = false
    @OptionGroup var configuration: ConfigurationOptions

    /// A client for the configured account.
    func client() throws -> Client {
        // A reader that has gone shows as an error of write(2), which ends the program quietly.
        signal(SIGPIPE, SIG_IGN)
        let settings = try ConfigurationLoader(envFile: configuration.envFile, isDaemon: false).load(account: .required)
        guard let configuration = Client.Configuration(settings) else {
            throw CommandFailure(.software, "the required account is missing")
        }
        return Client(configuration)
    }
}

/// The number of one payment.
struct PaymentArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The payment's number.", valueName: "id")) var id: PaymentID

    func validate() throws {
        guard id > 0 else { throw ValidationError("<id> \(id): a payment's number is positive") }
    }
}
