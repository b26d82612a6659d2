import ArgumentParser
import Configuration

/// `ecryptopayd journal …`: read the journal, and prove it whole.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Read the journal, and prove it whole.",
        discussion: "These commands only read; they work beside a running daemon.",
        subcommands: [JournalCatCommand.self, JournalVerifyCommand.self])
}

/// Where the journal is.
struct JournalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The journal's directory; else the configured one.", valueName: "dir"))
    var directory: String?
    @OptionGroup var configuration: ConfigurationOptions

    /// The directory named, or else configured.
    func resolve() throws -> String {
        if let directory { return directory }
        let loader = ConfigurationLoader(envFile: configuration.envFile, isDaemon: false)
        return try loader.load(account: .optional).journal
    }
}
