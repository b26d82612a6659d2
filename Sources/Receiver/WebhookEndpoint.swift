import Dispatch
import HTTP1
import HTTPServer
import JSON
package import Ledger
package import Logging
import Payments
import POSIX
import Runtime
import Synchronization

/// Takes webhooks in: a report is decoded, recorded, and acknowledged once it is durable. Never sooner.
package final class WebhookEndpoint: Sendable {
    private let ledger: any ReportLedger
    private let waiting: Mutex<Waiting>
    private let metrics: ReceptionCounter
    private let logger: Logger
    private let refusals = Mutex(LogBudget(limit: 10))

    /// An endpoint that records to a ledger.
    package init(ledger: any ReportLedger, counter: ReceptionCounter, logger: Logger) {
        self.ledger = ledger
        waiting = Mutex(Waiting(queue: AcknowledgementQueue(committed: ledger.committed)))
        metrics = counter
        self.logger = logger
        ledger.addObserver(self)
    }

    /// Handles a request to a webhook path, on the server's queue.
    func handle(_ request: Request, _ exchange: Exchange) {
        guard request.method == .post else {
            metrics.count(.badMethod)
            return exchange.respond(
                .problem(status: 405, detail: "Webhooks are sent with POST.", fields: [("Allow", "POST")]))
        }
        let contentType = request.firstValue(of: "Content-Type")
        var report: ReportedPayment
        do throws(ReportFault) { report = try ReportedPayment(body: request.body.span) } catch {
            metrics.count(.invalid)
            let refusal = Self.refusal(error, contentType)
            tell(error, refusal.status, Sender.name(of: request, exchange))
            return exchange.respond(refusal)
        }
        if let deviation = Self.deviation(contentType) { report.note(deviation: deviation) }
        record(report, from: Sender.name(of: request, exchange), exchange)
    }

    /// Everything that was there to be read has been recorded.
    func didHandleAll() {
        waiting.withLock { $0.isCommitting = true }
        ledger.commit()
        finish(
            waiting.withLock { waiting in
                waiting.isCommitting = false
                return waiting.takeDone()
            })
    }

    private func record(_ report: ReportedPayment, from peer: String, _ exchange: Exchange) {
        // Held over both, so that nothing can be committed or rejected between the report's being recorded and its being
        // waited for: a rejected position is given again, and would then acknowledge a report that is lost.
        let done: Done? = waiting.withLock { waiting in
            switch ledger.record(report, peer: peer, defersCommit: true) {
            case .pending(let position) where waiting.queue.append(exchange, at: position): nil
            case .pending, .known: Done(accepted: [exchange])
            case .unavailable: Done(refused: [exchange])
            }
        }
        if let done { finish(done) }
    }

    /// Those who are about to be told what became of their report.
    private struct Done {
        var accepted: [Exchange] = []
        var refused: [Exchange] = []
    }

    /// Those whose reports are not durable yet, and those who can be answered.
    private struct Waiting {
        var queue: AcknowledgementQueue<Exchange>
        var done = Done()
        /// The server's queue is having a batch written and looks for who is done when it is back: nobody need be sent there.
        var isCommitting = false

        mutating func commit(upTo position: Int64) {
            var done = takeDone()
            queue.commit(upTo: position) { done.accepted.append($0) }
            self.done = done
        }

        mutating func refuse(_ positions: Set<Int64>) {
            var done = takeDone()
            queue.refuse(positions) { done.refused.append($0) }
            self.done = done
        }

        mutating func reject() {
            var done = takeDone()
            queue.reject { done.refused.append($0) }
            self.done = done
        }

        mutating func takeDone() -> Done {
            defer { done = Done() }
            return done
        }
    }

    private static let accepted = Response.json(status: 200, #"{"status":"accepted"}"#)
    /// The reason is for the operator, in the log and at `/healthz`; the sender only needs to know to come again.
    private static let refused = Response.problem(
        status: 503, detail: "The report could not be stored. Please send it again later.",
        fields: [("Retry-After", "30")])

    /// Answers, on the server's queue.
    private func finish(_ done: Done) {
        metrics.count(.accepted, done.accepted.count)
        metrics.count(.unavailable, done.refused.count)
        Exchange.respond(Self.accepted, to: done.accepted)
        Exchange.respond(Self.refused, to: done.refused)
    }

    /// Takes those who are done and has them answered in one turn of their server's queue.
    private func finish(_ take: (inout Waiting) -> Void) {
        let done = waiting.withLock { waiting in
            take(&waiting)
            return waiting.isCommitting ? Done() : waiting.takeDone()
        }
        guard let queue = (done.accepted.first ?? done.refused.first)?.queue else { return }
        queue.async { self.finish(done) }
    }

    // MARK: Bad input

    /// A report that cannot be read may mean that ecryptopay's webhooks have changed: that must not go unseen.
    private func tell(_ fault: ReportFault, _ status: Int, _ peer: String) {
        guard let others = refusals.withLock({ $0.take(now: Instant(nanoseconds: Clock.monotonic())) }) else { return }
        logger.warning("a webhook from \(peer) was answered \(status): \(fault)\(others)")
    }

    private static func refusal(_ fault: ReportFault, _ contentType: ArraySlice<UInt8>?) -> Response {
        if let contentType, !MediaType.isJSON(contentType) {
            return .problem(
                status: 415,
                detail: "\(fault) It was sent as \(excerpt(contentType)); send application/json.")
        }
        return .problem(status: 400, detail: fault.description)
    }

    private static func deviation(_ contentType: ArraySlice<UInt8>?) -> String? {
        guard let contentType else { return "content-type: missing" }
        return MediaType.isJSON(contentType) ? nil : "content-type: \(excerpt(contentType))"
    }

    private static func excerpt(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: text.prefix(100), as: UTF8.self)
    }
}

extension WebhookEndpoint: Acknowledger {
    package func acknowledge(upTo position: Int64) { finish { $0.commit(upTo: position) } }

    package func refuse(_ positions: Set<Int64>) { finish { $0.refuse(positions) } }

    package func refuseAll() { finish { $0.reject() } }
}
