import Payments

/// Where a run of the program keeps its ledger.
protocol Store: AnyObject, Sendable {
    /// The ledger.
    var ledger: any RecordLedger { get }

    /// Opens it, where that takes time.
    func open() async throws

    /// The program dies: nothing that it writes from now on is there.
    func die()

    /// Lets go of all that the dead program held.
    func bury()
}
