import Ledger

/// Where a run of the program keeps its ledger.
protocol Store: AnyObject, Sendable {
    /// What takes reports in.
    var ledger: any ReportLedger { get }

    /// Opens it, where that takes time, and has the program decide, when it may.
    func open(_ life: Life) async throws

    /// The program dies: nothing that it writes from now on is there.
    func die()

    /// Lets go of all that the dead program held.
    func bury()
}
