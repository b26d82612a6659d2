import Configuration
import ECryptoPay
import Glibc
import JournalFormat
import JournalStore
import Ledger
import Logging
import Payments
import POSIX
import Sandbox
import ServiceManager

/// The story of the demo: every step is really done, over HTTP and through the journal, and checked in the journal.
final class Demo: Sendable {
    private static let webhookPath = "/webhooks/4f1c8e07b2d95a36"
    /// No step takes longer, or it did not come out as told.
    private static let patience: Duration = .seconds(12)

    private let journal: String
    private let sandbox: Sandbox
    private let daemon: Daemon
    private let client: Client

    init(directory: String?, level: LogLevelControl) throws {
        journal = try directory ?? Self.temporaryDirectory()
        sandbox = try Sandbox(SandboxOptions(), logger: Logger(label: "sandbox"))
        try sandbox.start(try SocketAddress(parsing: "127.0.0.1:0"))
        let settings = try Self.settings(sandbox, journal: journal)
        daemon = try Daemon(settings: settings, level: level) { settings }
        guard let configuration = Client.Configuration(settings) else {
            throw CommandFailure(.software, "the demo's own account is missing")
        }
        client = Client(configuration)
    }

    func run() async throws {
        let serving = Task { try await daemon.run() }
        sandbox.webhookURL = "http://\(daemon.addresses[0])\(Self.webhookPath)"
        tell("a sandboxed ecryptopay listens on \(sandbox.url), the daemon on \(daemon.addresses[0])")
        do {
            _ = try await record("the baseline") { $0.record.kind == "baseline" }
            tell("the daemon has listed what was there before: nothing, and the journal says so")
            let paid = try await payment()
            try await forgery(of: paid)
            try await outage()
            try await silence()
        } catch let failure as CommandFailure {
            throw CommandFailure(failure.status, "\(failure.message); the journal lies in \(journal)")
        } catch let error as APIError {
            throw CommandFailure(.unavailable, "\(error); the journal lies in \(journal)")
        }
        daemon.stop()
        try await serving.value
        await sandbox.stop()
        farewell()
    }

    // MARK: The story

    private func payment() async throws -> PaymentID {
        heading("A payment is made, and confirmed")
        let id = try await create("1500.00")
        tell("the buyer pays: ecryptopay tells the webhook URL that payment \(id) is paid")
        sandbox.setState("paid", of: id)
        let report = try await record("the report in the journal") { $0.isReport(of: id, state: "paid") }
        try await acknowledgement()
        tell("the report is journaled as record \(report.seq), and only then answered 200; nobody believes it yet")
        let confirmation = try await record("the confirmation") { $0.isConfirmation(of: id, state: "paid") }
        tell("the payment is fetched from the API, which says the same: confirmed, record \(confirmation.seq)")
        return id
    }

    private func forgery(of id: PaymentID) async throws {
        heading("A webhook is forged, and refuted")
        let body = #"{"id":\#(id),"currency":"btc","amount":"9999.00","state":"paid"}"#
        tell("somebody who has learned the URL sends \(body)")
        sandbox.sendForgedWebhook(Array(body.utf8))
        let report = try await record("the forged report") { $0.isReport(of: id, amount: "9999.00") }
        try await acknowledgement()
        tell("it looks like any other: journaled as record \(report.seq), answered 200")
        let refutation = try await record("the refutation") { $0.isRefutation(of: report.seq) }
        guard case .refuted(_, _, let reason) = refutation.record else { return }
        tell("the API knows another amount: refuted (\(reason)), record \(refutation.seq)")
    }

    private func outage() async throws {
        heading("The API fails, and nothing is lost")
        let id = try await create("250.00")
        var faults = SandboxFaults()
        faults.errorRate = 1
        sandbox.faults = faults
        tell("from now on the API answers 503 to everything")
        sandbox.setState("paid", of: id)
        let report = try await record("the report in the journal") { $0.isReport(of: id, state: "paid") }
        try await acknowledgement()
        tell("payment \(id) is paid: journaled as record \(report.seq), answered 200")
        try await until("a call fails") { daemon.isAPIReachable == false }
        guard try entries().contains(where: { $0.isConfirmation(of: id, state: "paid") }) == false else {
            throw CommandFailure(.software, "payment \(id) was confirmed while the API was down")
        }
        tell("the call fails: the outcome is unknown, so the report stays queued and is tried again")
        sandbox.faults = SandboxFaults()
        tell("the API answers again")
        let confirmation = try await record("the confirmation") { $0.isConfirmation(of: id, state: "paid") }
        tell("payment \(id) is confirmed, record \(confirmation.seq)")
    }

    private func silence() async throws {
        heading("A webhook is lost, and the payment found all the same")
        let id = try await create("80.00")
        var faults = SandboxFaults()
        faults.webhookLostRate = 1
        sandbox.faults = faults
        tell("payment \(id) is paid, and the webhook that should tell of it is lost on the way")
        sandbox.setState("paid", of: id)
        try await until("a listing") { await daemon.reconcile() }
        tell("the daemon lists all payments, as it does every five minutes")
        let confirmation = try await record("the confirmation") { $0.isConfirmation(of: id, state: "paid") }
        guard case .confirmed(let confirmed) = confirmation.record, confirmed.cause == .reconcile else {
            throw CommandFailure(.software, "payment \(id) was confirmed, but not by reconciling")
        }
        tell("payment \(id) is confirmed, record \(confirmation.seq): found by reconciling")
    }

    private func create(_ amount: String) async throws -> PaymentID {
        guard let price = Amount(amount) else { throw CommandFailure(.software, "\(amount) is no amount") }
        let created = try await client.createPayment(amount: price, currency: "btc")
        tell("payment \(created.id) over \(amount) MXN is created through the API")
        return created.id
    }

    private func farewell() {
        heading("The journal tells all of it")
        tell("it lies in \(journal)")
        for (what, filter) in [
            ("the whole story of payment 1", "-c 'select(.payment==1)'"),
            ("what the API confirmed", "-c 'select(.kind==\"confirmed\") | .current'"),
            ("what was refuted, and why", "-c 'select(.kind==\"refuted\") | {payment, reason}'"),
        ] {
            tell("\(what):")
            Console.print("      jq \(filter) \(journal)/*.jsonl")
        }
    }

    private func heading(_ text: String) { Console.print("\n\(text)") }

    private func tell(_ text: String) { Console.print("  - \(text)") }

    // MARK: Looking

    /// Waits for a record, as somebody with `tail -F` would.
    private func record(_ what: String, _ isMeant: (Entry) -> Bool) async throws -> Entry {
        var found: Entry?
        try await until(what) {
            found = try entries().first(where: isMeant)
            return found != nil
        }
        guard let found else { preconditionFailure("until returns only when it was found") }
        return found
    }

    /// Waits until the last webhook was answered, which must be with 200.
    private func acknowledgement() async throws {
        try await until("a 200 for the webhook") {
            switch sandbox.webhooks.last?.outcome {
            case .answered(200): return true
            case .underWay: return false
            case let other:
                throw CommandFailure(
                    .software, "the webhook was not acknowledged: \(other.map { "\($0)" } ?? "none sent")")
            }
        }
    }

    private func until(_ what: String, _ isMet: () async throws -> Bool) async throws {
        let deadline = Clock.monotonic() + Self.patience.nanoseconds
        while try await !isMet() {
            if Clock.monotonic() > deadline {
                throw CommandFailure(
                    .software, "this did not come within \(Self.patience.components.seconds) s: \(what)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What the journal holds now; a line that is being written is not there yet.
    private func entries() throws -> [Entry] {
        var entries: [Entry] = []
        _ = try JournalReader(try DirectoryDisk(path: journal)).forEachLine { _, entry in entries.append(entry) }
        return entries
    }

    // MARK: Making

    private static func settings(_ sandbox: Sandbox, journal: String) throws -> Settings {
        do {
            return try Settings(
                reading: SettingsLayers(
                    environment: [
                        "ECRYPTOPAY_CLIENT_ID": sandbox.credentials.clientID,
                        "ECRYPTOPAY_CLIENT_SECRET": sandbox.credentials.clientSecret,
                        "ECRYPTOPAY_EMAIL": sandbox.credentials.email,
                        "ECRYPTOPAY_PASSWORD": sandbox.credentials.password,
                        "ECRYPTOPAY_API_URL": sandbox.apiURL, "ECRYPTOPAY_WEBHOOK_PATHS": webhookPath,
                        "ECRYPTOPAY_LISTEN": "127.0.0.1:0", "ECRYPTOPAY_ADMIN_LISTEN": "off",
                        "ECRYPTOPAY_JOURNAL": journal,
                        "ECRYPTOPAY_MIN_FREE_BYTES": "0",
                    ], readFile: { try FileCalls.read($0) }), defaultJournal: journal, account: .required)
        } catch {
            throw CommandFailure(.software, "the demo's own configuration is faulty:\n\(error)")
        }
    }

    private static func temporaryDirectory() throws -> String {
        var template = Array("/tmp/ecryptopayd-demo.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.inputOutput, "no temporary directory: \(String(cString: strerror(errno)))")
        }
        // In a directory within: what is kept beside a journal is then in there too.
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self) + "/journal"
    }
}

extension Entry {
    fileprivate func isReport(of id: PaymentID, state: String? = nil, amount: String? = nil) -> Bool {
        guard case .received(let received) = record, received.payment == id,
            let report = try? ReportedPayment(body: received.report.span)
        else { return false }
        return (state == nil || report.state == state)
            && (amount == nil || report.amount == amount.flatMap { Amount($0) })
    }

    fileprivate func isConfirmation(of id: PaymentID, state: String) -> Bool {
        guard case .confirmed(let confirmed) = record, confirmed.payment == id,
            let payment = try? ConfirmedPayment(answer: confirmed.current, asked: id)
        else { return false }
        return payment.state == state
    }

    fileprivate func isRefutation(of seq: Int64) -> Bool {
        guard case .refuted(_, let of, _) = record else { return false }
        return of == seq
    }
}
