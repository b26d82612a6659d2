import Runtime
import ECryptoPay
import JournalFormat
import Ledger
import LedgerDoubles
import Logging
import Payments
import Testing
import TestSupport

@testable import Confirming

/// A confirmer on a ledger of some form, which asks an API over HTTP with the library's own client.
struct ConfirmingFixture {
    /// What it logs in with.
    static let credentials = Credentials(
        clientID: "client", clientSecret: "secret", email: "a@b.mx", password: "password")

    let ledger: any TestLedger
    let confirmer: Confirmer
    private let home = LedgerHome()
    private let log = LineLog()

    init(_ form: LedgerBackend, asking apiURL: String, timeout: Duration = .seconds(60)) async throws {
        ledger = try await home.open(form)
        let logger = Logger(label: "test") { [log] _ in log.handler }
        confirmer = Confirmer(
            ledger: ledger, api: Client(.init(credentials: Self.credentials, apiURL: apiURL, timeout: timeout)),
            health: APIHealth(logger: logger), concurrency: 4, logger: logger)
        await confirmer.start()
    }

    /// Has the ledger take a report in.
    func report(_ json: String) throws {
        #expect(isTaken(ledger.record(try ReportedPayment(body: Array(json.utf8).span), peer: "test")))
    }

    /// Waits until a call about the payment brought no verdict; returns why, as the log has it.
    func unknown(_ id: PaymentID) async throws -> String {
        try await eventualValue("an unknown: \(log.lines)") {
            log.lines.first { $0.hasPrefix("payment \(id) unknown: ") }
        }
    }

    /// What was logged.
    var lines: [String] { log.lines }

    /// The records that there are.
    func confirmations() throws -> [Record.Confirmed] {
        try home.records("confirmed").compactMap { if case .confirmed(let confirmed) = $0 { confirmed } else { nil } }
    }

    func refutations() throws -> [Record] { try home.records("refuted") }

    func end() async {
        await confirmer.stop()
        ledger.close()
    }
}
