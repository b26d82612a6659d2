import ArgumentParser

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
}

/// The option that every configured command has.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the configuration from this file; the environment wins.", valueName: "file"))
    var envFile: String?
}
