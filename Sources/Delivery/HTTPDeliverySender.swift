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

    /// Posts to `url`, signed with each of `keys`; `caFile` is trusted instead of the system's authorities.
    package init(url: String, keys: [[UInt8]], caFile: String?, userAgent: String) {
        self.url = url
        signature = WebhookSignature(keys: keys)
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
            default: return .failed(DeliveryFailure(answer, now: timestamp))
            }
        } catch {
            // It has said 2xx; how it went on does not matter.
            if acceptance.hasBegun { return .accepted(status: nil) }
            if error.kind == .cancelled { return .released }
            return .failed(DeliveryFailure(status: nil, error: "\(error)", isOfEndpoint: error.isOfEndpoint))
        }
    }
}

extension DeliveryFailure {
    /// Of an answer that is neither success nor the end; `now` is in seconds since 1970.
    fileprivate init(_ answer: TransportAnswer, now: Int64) {
        var error = "HTTP \(answer.status)"
        if (300..<400).contains(answer.status), let location = answer.value(of: "Location") {
            error += ", which is not followed, to \(ReadableText.line(location, limit: 200))"
        } else if let reason = ErrorAnswer.message(answer) {
            error += ": \(ReadableText.line(reason.prefix { !$0.isNewline }, limit: 200))"
        }
        // A proxy in front of the shop says that there is no shop, or the shop that it has too much.
        self.init(
            status: answer.status, error: error, isOfEndpoint: [429, 502, 503, 504].contains(answer.status),
            retryAfter: RetryAfter.duration(answer, now: now))
    }
}

extension TransportFault {
    /// Whether no other delivery would fare better at the moment. A time-out may be of the delivery: it takes the shop long.
    fileprivate var isOfEndpoint: Bool {
        switch kind {
        case .dns, .connect, .tls: true
        default: false
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
