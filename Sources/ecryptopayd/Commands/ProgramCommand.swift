import ArgumentParser
import Configuration
import Glibc

/// The program: one binary, one command a task.
@main
struct ProgramCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ecryptopayd",
        abstract: "Receives ecryptopay's payment webhooks, and believes none of them before the API has confirmed it.",
        discussion: """
            Without a command it serves. Configuration comes from the environment or an env file; "ecryptopayd check" \
            shows all of it. Exit codes are those of sysexits.h: 64 usage, 65 bad data, 66 no such payment or file, 69 API \
            or daemon not reached, 74 I/O, 75 try again, 77 credentials or permission refused, 78 configuration.
            """,
        version: Program.version,
        subcommands: [
            ServeCommand.self, CheckCommand.self, DemoCommand.self, SandboxCommand.self, PaymentsCommand.self,
            JournalCommand.self, StatusCommand.self, ReconcileCommand.self, ReplayCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    static func main() {
        // Before the parser, whose messages repeat what it does not understand.
        guard !CommandLine.arguments.dropFirst().contains(where: Redaction.holdsPassword) else {
            Console.failure(
                """
                ecryptopayd: an argument holds a password, or looks as if it did, and every user of this machine can see command lines; \
                hint: for a database give it in the file that PGPASSFILE names, or write "configured" for ECRYPTOPAY_JOURNAL
                """)
            Glibc.exit(ExitStatus.usage.rawValue)
        }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            // By itself the parser would repeat an argument on a terminal as it is.
            let (text, code) = (fullMessage(for: error), exitCode(for: error))
            if !text.isEmpty { code.isSuccess ? Console.print(text) : Console.error(text) }
            exit(withError: code)
        }
    }
}

/// The option that every configured command has.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the configuration from this file; the environment wins.", valueName: "file"))
    var envFile: String?
}
