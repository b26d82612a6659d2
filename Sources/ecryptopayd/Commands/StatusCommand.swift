import ArgumentParser
import ECryptoPay
import JSON

/// `ecryptopayd status`: how the running daemon is, for people and for scripts.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Ask the running daemon how it is.",
        discussion: """
            Exit code 0 when all is well, 1 when something needs to be seen to (the first lines say what), 69 when no \
            daemon answers.
            """)

    @Flag(help: "Print the daemon's own JSON.") var json = false
    @OptionGroup var configuration: ConfigurationOptions

    func run() throws {
        try reportingFailure {
            let answer = try AdminClient(configuration).get("/status")
            guard answer.status == 200, let status = try? JSONValue(parsing: answer.body),
                let isWell = status["well"]?.bool
            else {
                throw CommandFailure(.unavailable, "the daemon does not say how it is: \(answer.problem)")
            }
            if json {
                Console.print(json: answer.body, terminator: "")
            } else {
                Console.print(StatusText.text(status), terminator: "")
            }
            if !isWell { throw ExitCode(1) }
        }
    }
}
