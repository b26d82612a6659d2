import ArgumentParser
import Configuration
import Logging
import ServiceManager

/// `ecryptopayd demo`: the whole main job on this machine.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the main job on this machine: a sandboxed ecryptopay and the daemon, on loopback.",
        discussion: """
            One payment is created, paid, told by webhook and confirmed; one webhook is forged and refuted; one API outage is \
            ridden out; one lost webhook is found out. Exits with 0 only if each step came out as told.
            """)

    @Option(help: ArgumentHelp("Keep the journal here instead of in a new temporary directory.", valueName: "dir"))
    var directory: String?

    func run() throws {
        Signals.prepare()
        try reportingFailure {
            // The story is told step by step; the daemon's own log would only repeat it.
            let level = ServiceLogging.bootstrap(identifier: "ecryptopayd-demo", level: .critical)
            let directory = try self.directory.map { try BackupPlaces.directory($0, "--directory") }
            try blocking { try await Demo(directory: directory, level: level).run() }
        }
    }
}
