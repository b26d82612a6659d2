import ECryptoPay
package import Ledger
import POSIX
import Synchronization

/// Posts deliveries to a URL of the merchant's application, signed.
package struct HTTPDeliverySender: DeliverySender {
    /// What one attempt may take, as Standard Webhooks recommends.
    var timeout: Duration = .seconds(15)
    private let transport: Transport
    private let url: String
    private let signature: WebhookSignature

    /// Posts to `url`, signed with `key`; `caFile` is trusted instead of the system's authorities.
    package init(url: String, key: [UInt8], caFile: String?, userAgent: String) {
        self.url = url
        signature = WebhookSignature(key: key)
        transport = Transport(
            TransportOptions(
                workers: EndpointForwarder.concurrency, caFile: caFile, userAgent: userAgent, plaintext: .anywhere))
    }

    /// Posts it. 2xx is done, 410 is the end, a redirect is a failure like any other status.
    package func send(_ message: DeliveryMessage) async -> DeliveryOutcome {
        let timestamp = Clock.realtime() / 1_000_000_000
        let acceptance = Acceptance()
        let request = TransportRequest(
            .post, url,
            fields: [
                ("Content-Type", "application/json"), ("webhook-id", message.id), ("webhook-timestamp", "\(timestamp)"),
                ("webhook-signature", signature.value(id: message.id, timestamp: timestamp, body: message.body)),
            ],
            body: message.body, timeout: timeout, maximumAnswerBytes: Acceptance.limit, sink: acceptance)
        do throws(TransportFault) {
            let answer = try await transport.perform(request)
            switch answer.status {
            case 200..<300: return .accepted(status: answer.status)
            case 410: return .gone
            default: return .failed(DeliveryFailure(status: answer.status, error: "HTTP \(answer.status)"))
            }
        } catch {
            // It has said 2xx; how it went on does not matter.
            if acceptance.hasBegun { return .accepted(status: nil) }
            if error.kind == .cancelled { return .released }
            return .failed(DeliveryFailure(status: nil, error: "\(error)"))
        }
    }
}

/// Takes the body of a 2xx answer, which nobody reads, and breaks it off when it is large.
private final class Acceptance: AnswerSink {
    static let limit = 64 << 10

    private let bytes = Atomic(0)

    /// Whether an answer of 2xx has begun to come.
    var hasBegun: Bool { bytes.load(ordering: .relaxed) > 0 }

    func receive(_ chunk: Span<UInt8>) -> Bool {
        bytes.add(chunk.count, ordering: .relaxed).newValue <= Self.limit
    }
}
