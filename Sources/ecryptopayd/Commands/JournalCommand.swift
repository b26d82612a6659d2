import ArgumentParser
import Configuration

/// `ecryptopayd journal …`: read the journal, prove it whole, move it, drop what is old.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Read the journal, prove it whole, back it up, move it, and drop what is old.",
        discussion: """
            cat, follow, verify and stats only read, and work beside a running daemon, as backup does; prune, copy, repair and \
            restore refuse while one holds the journal's lock.
            """,
        subcommands: [
            JournalCatCommand.self, JournalFollowCommand.self, JournalVerifyCommand.self, JournalStatsCommand.self,
            JournalPruneCommand.self, JournalCopyCommand.self, JournalRepairCommand.self, JournalBackupCommand.self,
            JournalRestoreCommand.self,
        ])
}

/// Where the journal is.
struct JournalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The journal's directory; else the configured one.", valueName: "dir"))
    var directory: String?
    @OptionGroup var configuration: ConfigurationOptions

    /// Where it is: in the directory that is named, or where it is configured.
    func place() throws -> JournalPlace {
        if let named = try named() { return .directory(named) }
        return try settings().journal
    }

    /// What is named on the command line.
    private func named() throws -> String? {
        try directory.map { try BackupPlaces.directory($0, "--directory") }
    }

    /// The same, for reading and pruning.
    func source() throws -> any JournalSource {
        if let named = try named() { return FileSource(named) }
        let settings = try settings()
        switch settings.journal {
        case .directory(let path): return FileSource(path, segmentBytes: settings.journalSegmentBytes)
        case .database(let url): return try DatabaseBackend.source(url, settings)
        }
    }

    private func settings() throws -> Settings {
        let loader = ConfigurationLoader(envFile: configuration.envFile, isDaemon: false)
        return try loader.load(account: .unused)
    }
}

/// Which records a person wants to see.
struct RecordSelection: ParsableArguments {
    @Option(help: ArgumentHelp("Only records about this payment.", valueName: "id")) var payment: Int64?
    @Option(help: ArgumentHelp("Only records of this kind; may be repeated.", valueName: "kind")) var kind: [String] =
        []
    @Option(help: ArgumentHelp("Only records behind this sequence number.", valueName: "seq")) var after: Int64 = 0
    @Option(
        help: ArgumentHelp(
            "Only records written since then: a time such as 2026-11-22T18:00:00Z, or a duration such as 24h.",
            valueName: "time"))
    var since: String?
}
