import Admin
import Configuration
import JournalFormat
import Ledger
import Logging
import ServiceManager

/// Where and how a ledger is kept. The rest of the daemon does not know which form it has.
protocol StorageBackend {
    /// Recovers the ledger, which may take a while, as systemd is told. Throws a `CommandFailure` with the hint; may be called again then.
    func open(_ settings: Settings, _ notifier: Notifier, _ logger: Logger) throws -> any OpenLedger
}

/// What an operator says of the ledger at one start, since nothing shows it.
struct StartOptions {
    /// It was set back to an earlier point, with all that is around it.
    var isRestored = false
    /// The client id that is configured is a new one of the account whose journal this is.
    var adoptsClient = false
}

extension Settings {
    /// The form of the ledger that is configured; this process has it from then on, or is told who does.
    func storageBackend(_ start: StartOptions) throws -> any StorageBackend {
        switch journal {
        case .directory(let path): try FileBackend(path, start)
        case .database(let url): try DatabaseBackend.form(url, start)
        }
    }
}

/// The ledger that is configured, open, with what keeps it in order.
protocol OpenLedger: Sendable {
    /// Takes reports in.
    var reports: any ReportLedger { get }
    /// Shows its records.
    var records: any RecordLedger { get }
    /// What ended it for good, if something did, in words for an operator, without secrets.
    var failure: String? { get }
    /// What room there is for more; nil where nobody can tell.
    var room: LedgerRoom? { get }
    /// Writes that its disk refused, by the name of `errno`; nil where it has no disk of its own.
    var writeFailures: [String: Int]? { get }
    /// The journal's last restore, as far as this process knows.
    var restore: Record.Restore? { get }
    /// How the reading of its files at rest stands; nil where it has none.
    var scrub: ScrubStatus? { get }
    /// Commits that took longer than a second.
    var slowCommitCount: Int { get }
    /// What an operator can do when commits are slow: the end of a sentence, in the imperative.
    var adviceWhenSlow: String { get }
    /// Whether someone who commits is kept waiting by the write.
    var holdsCaller: Bool { get }
    /// Whether no write has been under way for `limit` or longer: what the watchdog asks. A ledger that is kept elsewhere may have to wait
    /// for long without being hung.
    func makesProgress(within limit: Duration) -> Bool
    /// Whether it waits for something outside this machine: then whoever waits for it is not hung.
    var isWaiting: Bool { get }
    /// How the nodes stand that share it; nil where there is only one.
    var cluster: ClusterStatus? { get }

    /// Begins what is done now and then, and tells whoever confirms and delivers when this process is to do so. To be called once the daemon
    /// serves. What `handler` is told next waits until it has returned.
    func begin(_ settings: Settings, _ handler: @escaping @Sendable (DecidingEvent) async -> Void) async

    /// Has the node that decides do what an operator asks, when this one does not; nil when it does. Throws a `CommandFailure`.
    func handOver(_ command: Command) async throws -> CommandAnswer?

    /// Has the ledger be reached with what changed settings say, a new password above all.
    func updateAccess(_ settings: Settings)

    /// Has changed settings take effect, bounds of the ledger's state among them.
    func update(_ settings: Settings)

    /// It has failed, and the program ends: leaves what the next start has to know.
    func leaveWitness()

    /// Ends all that, and closes the ledger. Whoever worked on it has been stopped.
    func end() async
}

/// Whether this process decides: it alone confirms, lists and delivers then.
enum DecidingEvent: Sendable {
    /// It does from now on, on this ledger. Throws when that cannot be begun.
    case began(any ManagedLedger)
    /// It does no longer, for this reason: everything that works on the ledger has to be stopped.
    case ended(reason: String)
    /// Another node's operator asks for something.
    case command(Command, answer: @Sendable (CommandAnswer) -> Void)
}
