import ArgumentParser
import Configuration
import ECryptoPay
import Ledger
import Payments
import ServiceManager

/// `ecryptopayd payments watch`: one payment, again and again.
struct PaymentsWatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show a payment's state and price as they change, until interrupted.",
        discussion: """
            Asks every 25 seconds, which is how often ecryptopay quotes the price anew and wants to be asked. On a terminal a \
            new price replaces the old one, and a new state begins a new line; elsewhere each change is a line of its own. An \
            outage is told and ridden out, with growing pauses. Ends with exit code 0 when it is interrupted or nobody reads \
            any more, and with an error when there is no such payment or the account is refused.
            """)

    @Option(help: ArgumentHelp("Ask that often.", valueName: "duration", visibility: .hidden))
    var interval = "25s"
    @OptionGroup var payment: PaymentArgument
    @OptionGroup var options: PaymentsOptions

    func validate() throws { _ = try pause() }

    func run() throws {
        Signals.prepare()
        try reportingFailure {
            let watcher = PaymentWatcher(
                client: try options.client(), id: payment.id, interval: try pause(), printsJSON: options.json)
            try interruptible { try await watcher.run() }
        }
    }

    private func pause() throws -> Duration {
        guard let pause = Duration(configurationText: interval), pause >= .milliseconds(1) else {
            throw ValidationError("--interval \(interval): write a whole number and ms, s, m or h, e.g. 25s")
        }
        return pause
    }
}
