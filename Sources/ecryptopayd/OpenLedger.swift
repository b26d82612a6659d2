import Configuration
import Logging
import Payments
import ServiceManager

/// The ledger that is configured, with what keeps it in order.
struct OpenLedger {
    let ledger: any KeptLedger
    let upkeep: any LedgerUpkeep

    /// The form that is configured; this process has it from then on, or is told who does.
    static func form(_ settings: Settings) throws -> any LedgerForm {
        switch settings.journal {
        case .directory(let path): try FileForm(path)
        case .database(let url): try DatabaseForm.form(url)
        }
    }
}

/// Where and how a ledger is kept. The rest of the daemon does not know which form it has.
protocol LedgerForm {
    /// Recovers the ledger, which may take a while, as systemd is told. Throws a `CommandFailure` with the mend.
    func open(_ settings: Settings, _ notifier: Notifier, _ logger: Logger) throws -> OpenLedger
}

/// What each form does for its ledger while the daemon runs.
protocol LedgerUpkeep: Sendable {
    /// Begins what is done now and then. To be called once the daemon serves.
    func begin(_ settings: Settings)

    /// Has changed settings take effect, bounds of the ledger's state among them.
    func update(_ settings: Settings)

    /// Ends all that, and closes the ledger.
    func end() async
}
