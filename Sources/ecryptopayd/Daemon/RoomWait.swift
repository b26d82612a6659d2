import Admin
import Dispatch
import Glibc
import HTTP1
import HTTPServer
import Configuration
import Ledger
import Logging
import Payments
import Receiver
import Runtime
import ServiceManager
import Synchronization

/// A start on a disk that is full: behind open sockets everything is answered 503 with the reason, and the ledger is opened as soon as
/// there is room.
///
/// Only for what passes by itself, or when somebody makes room. A file system that is read-only, or too few descriptors, need a hand at the
/// machine or the service, and a restart to take effect: those end the program, which says so more loudly.
final class RoomWait: Sendable {
    /// The program was asked to stop meanwhile.
    struct Stopped: Error {}

    private let reason: Mutex<String>
    private let notifier: Notifier
    private let logger: Logger

    /// Opens the ledger, whenever that is.
    static func open(
        _ form: any StorageBackend, _ settings: Settings, _ listeners: Listeners, _ notifier: Notifier, _ logger: Logger
    ) throws -> any OpenLedger {
        let open = { try form.open(settings, notifier, logger) }
        do { return try open() } catch let failure as CommandFailure where failure.isLackOfRoom {
            let wait = RoomWait(failure, notifier, logger)
            let servers = try wait.serve(settings, listeners)
            defer {
                // Whoever waits in the sockets is answered by the servers to come.
                let drained = DispatchGroup()
                for server in servers {
                    drained.enter()
                    server.drain(grace: .seconds(1)) { drained.leave() }
                }
                drained.wait()
            }
            return try wait.retry(open)
        }
    }

    private init(_ failure: CommandFailure, _ notifier: Notifier, _ logger: Logger) {
        reason = Mutex(failure.message)
        self.notifier = notifier
        self.logger = logger
    }

    private func serve(_ settings: Settings, _ listeners: Listeners) throws -> [HTTPServer] {
        let webhooks = PublicSide(
            endpoint: WebhookEndpoint(ledger: ClosedLedger { self.text }, counter: ReceptionCounter(), logger: logger),
            webhookPaths: settings.webhookPaths.map(\.exposed), unavailability: { self.text })
        let server = try HTTPServer(
            label: "ecryptopayd.http", options: .init(settings), handler: webhooks, logger: logger)
        let adminServer = try HTTPServer(
            label: "ecryptopayd.admin", options: .admin, handler: Refusal { self.text }, logger: logger)
        try server.start(listeners.webhook)
        try adminServer.start(listeners.admin)
        return [server, adminServer]
    }

    private func retry(_ open: () throws -> any OpenLedger) throws -> any OpenLedger {
        let stop = DispatchSemaphore(value: 0)
        let signals = Signals(on: .global()) { if [SIGTERM, SIGINT].contains($0) { stop.signal() } }
        defer { signals.cancel() }
        logger.error(
            "webhooks are answered 503 until there is room, which is looked for every second: \(text)",
            metadata: EventID.webhooksRefused.metadata())
        while true {
            notifier.send(.extendTimeout(.seconds(30)), .status("webhooks answered 503: \(text)"))
            if stop.wait(timeout: .now() + .seconds(1)) == .success { throw Stopped() }
            do { return try open() } catch let failure as CommandFailure where failure.isLackOfRoom {
                reason.withLock { $0 = failure.message }
            }
        }
    }

    private var text: String { reason.withLock { $0 } }
}

/// Takes no report, and says why.
private struct ClosedLedger: ReportLedger {
    let reason: @Sendable () -> String

    func record(_ report: ReportedPayment, peer: String, defersCommit: Bool) -> Reception { .unavailable(reason()) }
    func commit() {}
    var committed: Int64 { 0 }
    var unavailability: String? { reason() }
    var advice: String { "make room on the disk" }
    func addObserver(_ observer: any LedgerObserver) {}
}

/// Answers an operator, whatever he asks for.
private struct Refusal: RequestHandler {
    let reason: @Sendable () -> String

    func handle(_ request: Request, _ exchange: Exchange) {
        exchange.respond(
            AdminSide.refusal(of: request) ?? .problem(status: 503, detail: "Not ready: \(reason())."))
    }
}

extension CommandFailure {
    /// Whether the disk, or the user's share of it, is full.
    var isLackOfRoom: Bool { errno == ENOSPC || errno == EDQUOT }
}
