import ECryptoPay
import HTTP1
import HTTPServer
import Logging
import POSIX
import Synchronization

/// The service behind a lock, with what it needs of the world: a clock, the state file, and a way to send webhooks.
final class SandboxCore: Sendable {
    private let service: Mutex<SandboxService>
    private let stateFile: SandboxStateFile?
    private let transport: Transport
    private let logger: Logger
    private let sending = Mutex<[Int: Task<Void, Never>]>([:])

    init(_ options: SandboxOptions, logger: Logger) throws(SandboxError) {
        var service = SandboxService(options)
        stateFile = options.stateFile.map(SandboxStateFile.init)
        for payment in try stateFile?.load() ?? [] {
            service.payments[payment.id] = payment
            service.nextID = max(service.nextID, payment.id + 1)
        }
        // A path that cannot be written is better told now than with the first payment lost.
        do { try stateFile?.save(service.payments.values) } catch {
            throw SandboxError("the state file cannot be written: \(error)")
        }
        self.service = Mutex(service)
        self.logger = logger
        transport = Transport(TransportOptions(workers: 4, caFile: options.caFile, plaintext: .anywhere))
    }

    /// Reads or changes the state; what changed is saved before anyone hears of it.
    func withService<Result>(_ body: (inout sending SandboxService) -> sending Result) -> sending Result {
        service.withLock { service in
            let result = body(&service)
            if service.isChanged {
                service.isChanged = false
                save(service)
            }
            return result
        }
    }

    /// Carries a request out and sends what webhooks follow from it.
    func reply(to request: SandboxRequest) -> SandboxReply {
        let reply = withService { service in
            if let id = request.fetched { service.beginFetch(id) }
            var reply = service.reply(to: request, now: Clock.realtime())
            reply.fetched = request.fetched
            return reply
        }
        send(reply.webhooks)
        return reply
    }

    /// Hands a reply to whoever asked. Before he can know it, the fetch has ended.
    func send(_ reply: SandboxReply, to exchange: Exchange) {
        if let id = reply.fetched { withService { $0.endFetch(id) } }
        reply.send(to: exchange)
    }

    /// Sends webhooks off, one after the other; other webhooks do not wait for these.
    func send(_ webhooks: [SandboxWebhook]) {
        let (url, faults) = withService { ($0.webhookURL, $0.faults) }
        guard let url, let first = webhooks.first else { return }
        sending.withLock { sending in
            sending[first.number] = Task { [self] in
                try? await Task.sleep(for: .milliseconds(faults.webhookDelayMilliseconds))
                for webhook in webhooks { await send(webhook, to: url, as: faults.webhookContentType) }
                self.sending.withLock { $0[first.number] = nil }
            }
        }
    }

    /// Gives up what is still to be sent.
    func stopSending() {
        withService { service in
            for webhook in service.releaseHeld() { service.settle(webhook.number, .failed("cancelled")) }
        }
        for task in sending.withLock({ Array($0.values) }) { task.cancel() }
    }

    /// The fields that Ruby's Net::HTTP sends; once, since the vendor promises no repetition.
    private func send(_ webhook: SandboxWebhook, to url: String, as contentType: String) async {
        let fields = [
            ("Content-Type", contentType), ("Accept-Encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3"),
            ("Accept", "*/*"), ("User-Agent", "Ruby"),
        ]
        let request = TransportRequest(.post, url, fields: fields, body: webhook.body, mayRepeat: false)
        let outcome: SandboxWebhook.Outcome
        do {
            outcome = .answered(try await transport.perform(request).status)
        } catch { outcome = .failed(error.message) }
        withService { $0.settle(webhook.number, outcome) }
        logger.debug("webhook sent", metadata: ["number": "\(webhook.number)", "outcome": "\(outcome)"])
    }

    private func save(_ service: SandboxService) {
        do { try stateFile?.save(service.payments.values) } catch {
            logger.error("the state file cannot be written", metadata: ["error": "\(error)"])
        }
    }
}
