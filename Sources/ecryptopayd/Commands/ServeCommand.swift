import ArgumentParser
import Configuration
import POSIX
import ServiceManager

/// `ecryptopayd serve`: the daemon.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Receive webhooks, journal them, and confirm each payment through the API (the default).",
        discussion: """
            Runs until SIGTERM or SIGINT; SIGHUP reloads the configuration. Logs go to standard error, or to the systemd \
            journal when that is what standard error is.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Flag(
        help: """
            The journal was set back to an earlier point, and nothing shows it: with the whole machine, or with its database. Its \
            numbers go on behind all that were given out since. A copy of a directory is recognised by itself.
            """) var restored = false
    @Flag(
        help: "The configured client id is a new one of the same account: the journal belongs to it from now on."
    ) var adoptClient = false

    func run() throws {
        // First of all: until then a signal ends the program at once, whatever it is doing.
        Signals.prepare()
        // Before a secret is read. It holds for threads and forks, and cannot fail where Linux is as old as Debian's.
        _ = try? Memory.protect()
        // Not for its failure's sake: with fewer descriptors, fewer connections are accepted at once, and the log says so.
        _ = try? ResourceLimit.raiseOpenFiles()
        Memory.returnLargeBlocks()
        try reportingFailure {
            do {
                try serve()
            } catch let failure as CommandFailure {
                // Also a start that fails: systemctl status then says why.
                Notifier().fail(errno: failure.errno, status: failure.message)
                throw failure
            } catch is RoomWait.Stopped {
                Notifier().send(.stopping)
            }
        }
    }

    private func serve() throws {
        let loader = ConfigurationLoader(envFile: options.envFile, isDaemon: true)
        let settings = try loader.load(account: .required)
        let level = ServiceLogging.bootstrap(identifier: "ecryptopayd", level: .init(settings.logLevel))
        let start = StartOptions(isRestored: restored, adoptsClient: adoptClient)
        let daemon = try Daemon(settings: settings, start: start, level: level) { try loader.load(account: .required) }
        try blocking { try await daemon.run() }
    }
}
