import ArgumentParser
import ECryptoPay
import JSON

/// `ecryptopayd reconcile`: has the running daemon look at the API now.
struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Have the running daemon list all payments now, or fetch one.",
        discussion: """
            Finds what no webhook told, and takes up again what was set aside as unknown for too long. What comes of it \
            stands in the daemon's log and in its journal. Exit code 75 while a listing, or a call for that payment, is \
            under way already.
            """)

    @Option(help: ArgumentHelp("Fetch this payment only.", valueName: "id")) var payment: Int64?
    @OptionGroup var configuration: ConfigurationOptions

    func validate() throws {
        if let payment, payment <= 0 { throw ValidationError("--payment \(payment): an id is a positive integer") }
    }

    func run() throws {
        try reportingFailure {
            let client = try AdminClient(configuration)
            let answer = try client.post("/reconcile", payment.map { .dictionary(["payment": .number("\($0)")]) })
            switch answer.status {
            case 202: Console.print(payment.map { "payment \($0) is being fetched" } ?? "all payments are being listed")
            case 409:
                throw CommandFailure(
                    .tryAgain,
                    "that is under way already, or the API has asked for a pause; look at the daemon's log")
            default: throw CommandFailure(.unavailable, "the daemon did not take it: \(answer.problem)")
            }
        }
    }
}
