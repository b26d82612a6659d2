package import ECryptoPay
import HTTP1
import HTTPServer
package import Logging
package import Payments
package import POSIX
import Synchronization

/// A stand-in for ecryptopay on this machine: the documented API as a Rails application with Doorkeeper answers it,
/// webhooks as Ruby sends them, and faults on demand. For development, demonstration and tests.
///
/// `GET /` explains what can be done over HTTP; the same can be done by the methods here.
package final class Sandbox: Sendable {
    private let core: SandboxCore
    private let server: HTTPServer
    private let address = Mutex<SocketAddress?>(nil)
    /// The account that it knows.
    package let credentials: Credentials

    /// A sandbox that is not reached yet.
    ///
    /// - Throws: `SandboxError` when the state file cannot be read, or the kernel gives no descriptors.
    package init(_ options: SandboxOptions = SandboxOptions(), logger: Logger) throws(SandboxError) {
        credentials = options.credentials
        core = try SandboxCore(options, logger: logger)
        var limits = HTTPServer.Options()
        // Webhooks forged by hand may be as large as anyone likes to try.
        limits.limits.bodyBytes = 1 << 20
        do {
            server = try HTTPServer(
                label: "sandbox", options: limits, handler: SandboxHandler(core: core), logger: logger)
        } catch { throw SandboxError("\(error)") }
    }

    /// Listens on a TCP address; port 0 takes any free port. Must be called once.
    ///
    /// - Throws: the failed call with the address, e.g. when somebody listens there already.
    package func start(_ wanted: SocketAddress) throws(SystemError) {
        let socket = try ListeningSocket(binding: wanted)
        address.withLock { $0 = socket.address }
        let url = url
        core.withService { $0.url = url }
        try server.start([socket])
    }

    /// Where it is reached from this machine, e.g. `http://127.0.0.1:8725`; empty before the start.
    package var url: String { address.withLock { $0.map { "http://\(Self.reachable($0))" } ?? "" } }

    /// What to set as `ECRYPTOPAY_API_URL`.
    package var apiURL: String { "\(url)/api/v1" }

    /// Who listens on all addresses is reached on loopback.
    private static func reachable(_ address: SocketAddress) -> SocketAddress {
        switch address {
        case .ipv4(0, let port): .ipv4(0x7F00_0001, port: port)
        case .ipv6(0, 0, _, let port): .ipv6(high: 0, low: 1, scope: 0, port: port)
        default: address
        }
    }

    /// Stops listening, gives up webhooks not sent yet, and closes connections, those that were left hanging after
    /// `grace`.
    package func stop(grace: Duration = .seconds(1)) async {
        core.stopSending()
        await server.drain(grace: grace)
    }

    // MARK: What can be done without HTTP

    /// Creates a payment, as the API does.
    @discardableResult
    package func createPayment(amount: Amount, currency: String = "btc") -> PaymentID {
        core.withService { $0.create(amount: amount, currency: currency, now: Clock.realtime()).id }
    }

    /// Moves a payment to another state, and sends the webhook that tells of it; false when there is no such payment.
    @discardableResult
    package func setState(_ state: String, of id: PaymentID) -> Bool {
        guard let webhooks = core.withService({ $0.move(id, to: state, now: Clock.realtime()) }) else { return false }
        core.send(webhooks)
        return true
    }

    /// Sends a body to the webhook URL as it is, as someone does who has learned the URL.
    package func sendForgedWebhook(_ body: [UInt8]) {
        core.send([core.withService { $0.webhook(body, isGenuine: false, now: Clock.realtime()) }])
    }

    /// Where webhooks go.
    package var webhookURL: String? {
        get { core.withService { $0.webhookURL } }
        set { core.withService { $0.webhookURL = newValue } }
    }

    /// What goes wrong on purpose.
    package var faults: SandboxFaults {
        get { core.withService { $0.faults } }
        set { core.send(core.withService { $0.setFaults(newValue) }) }
    }

    /// The webhooks so far, the latest ten thousand at most, and what came of them.
    package var webhooks: [SandboxWebhook] { core.withService { $0.webhooks } }

    /// How many requests came to each endpoint, e.g. under `POST /oauth/token` and `GET /payments/ID`.
    package var counts: [String: Int] { core.withService { $0.counts } }
}
