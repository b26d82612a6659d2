import Dispatch
package import HTTP1
package import HTTPServer
package import JSON
package import Ledger
package import Payments

/// The admin side's paths: how it stands, and what an operator may ask for. For a loopback address or a Unix socket only.
package final class AdminSide: RequestHandler {
    /// What the rest of the program does for an operator.
    package struct Operations: Sendable {
        /// Why no webhook can be taken now; nil while they are.
        package var unavailability: @Sendable () -> String?
        /// Why it is not ready; empty when it is.
        package var unreadiness: @Sendable () -> [String]
        /// Lists all payments, or fetches one; false while that is under way already.
        package var reconcile: @Sendable (PaymentID?) async throws -> Bool
        /// Has records that were news delivered again, unless it is a dry run; how many deliveries that makes, and what cannot be read, as
        /// JSON.
        package var replay: @Sendable (Redelivery, _ dryRun: Bool) async throws -> (Int, damage: [JSONValue])

        /// How it stands, with at most so many payments that wait.
        package var status: @Sendable (_ waiting: Int) async -> DaemonStatus

        package init(
            unavailability: @escaping @Sendable () -> String?, unreadiness: @escaping @Sendable () -> [String],
            reconcile: @escaping @Sendable (PaymentID?) async throws -> Bool,
            replay: @escaping @Sendable (Redelivery, _ dryRun: Bool) async throws -> (Int, damage: [JSONValue]),
            status: @escaping @Sendable (_ waiting: Int) async -> DaemonStatus
        ) {
            self.unavailability = unavailability
            self.unreadiness = unreadiness
            self.reconcile = reconcile
            self.replay = replay
            self.status = status
        }
    }

    private let operations: Operations
    private let feed: EventFeed
    private let activity: Activity
    private let token: AdminToken

    /// Routes to what the program can do, and to what the journal tells. Whoever asks over TCP must know the token, if there is one.
    package init(_ operations: Operations, feed: EventFeed, activity: Activity, token: String? = nil) {
        self.operations = operations
        self.feed = feed
        self.activity = activity
        self.token = AdminToken(token)
    }

    /// Puts another token in its place, or none.
    package func update(token: String?) { self.token.replace(token) }

    /// Answers a request, at once or when what it asked for has begun.
    package func handle(_ request: Request, _ exchange: Exchange) {
        if let refusal = Self.refusal(of: request) { return exchange.respond(refusal) }
        let path = String(decoding: request.path, as: UTF8.self)
        // Probes know no secrets, and a health tells none.
        guard exchange.peer == "unix" || path == "/healthz" || token.admits(request) else {
            return exchange.respond(AdminToken.challenge)
        }
        switch path {
        case "/": read(request, exchange, page)
        case "/healthz": read(request, exchange) { $0.respond(Self.health(operations.unavailability())) }
        case "/readyz": read(request, exchange) { $0.respond(Self.readiness(operations.unreadiness())) }
        case "/metrics": read(request, exchange) { answer($0, waiting: 1, MetricsAnswer.response) }
        case "/status": read(request, exchange) { answer($0, waiting: 20, StatusAnswer.response) }
        case "/events": read(request, exchange) { EventsAnswer.give(request, $0, feed) }
        case "/reconcile": reconcile(request, exchange)
        case "/replay": replay(request, exchange)
        default: exchange.respond(Self.notFound)
        }
    }

    /// What is answered to a request that names another host than this machine; nil to others.
    package static func refusal(of request: Request) -> Response? {
        LocalHost.isNamed(request.firstValue(of: "Host")) ? nil : otherHost
    }

    private static let otherHost = Response.problem(
        status: 403,
        detail:
            "This is for this machine only: ask for it by localhost or a loopback address, also through a tunnel or a proxy."
    )

    private static let notFound = Response.problem(status: 404, detail: "There is nothing at this path.")

    /// Has GET and HEAD answered.
    private func read(_ request: Request, _ exchange: Exchange, _ answer: (Exchange) -> Void) {
        guard request.method == .get || request.method == .head else {
            return exchange.respond(
                .problem(status: 405, detail: "This is read with GET or HEAD.", fields: [("Allow", "GET, HEAD")]))
        }
        answer(exchange)
    }

    /// Answers with how it stands, when that is known.
    private func answer(
        _ exchange: Exchange, waiting: Int, _ response: @escaping @Sendable (DaemonStatus) -> Response
    ) {
        Task { [operations] in
            let answer = response(await operations.status(waiting))
            exchange.queue.async { exchange.respond(answer) }
        }
    }

    private static func health(_ unavailability: String?) -> Response {
        guard let unavailability else { return .json(status: 200, #"{"status":"ok"}"#) }
        return .problem(status: 503, detail: "No webhook can be accepted: \(unavailability).")
    }

    private static func readiness(_ reasons: [String]) -> Response {
        if reasons.isEmpty { return .json(status: 200, #"{"status":"ready"}"#) }
        return .problem(status: 503, detail: "Not ready: \(reasons.joined(separator: "; ")).")
    }

    private func page(_ exchange: Exchange) {
        Task { [operations, activity] in
            let page = StatusPage(await operations.status(20), await activity.picture())
            var random = SystemRandomNumberGenerator()
            let nonce = String(random.next(), radix: 36) + String(random.next(), radix: 36)
            let answer = page.response(nonce: nonce)
            exchange.queue.async { exchange.respond(answer) }
        }
    }

    // MARK: What an operator asks for

    /// Whether it is a POST that no web page sent; answers it when not.
    private func mayAsk(_ request: Request, _ exchange: Exchange) -> Bool {
        guard request.method == .post else {
            exchange.respond(.problem(status: 405, detail: "This is asked for with POST.", fields: [("Allow", "POST")]))
            return false
        }
        // A page in the operator's browser can make it post here, but not without naming where the page came from.
        guard request.firstValue(of: "Origin") == nil else {
            exchange.respond(.problem(status: 403, detail: "Web pages may not ask for this."))
            return false
        }
        return true
    }

    private func reconcile(_ request: Request, _ exchange: Exchange) {
        guard mayAsk(request, exchange) else { return }
        let payment: PaymentID?
        do throws(AdminRequestFault) { payment = try AdminRequest.reconciled(request.body) } catch {
            return exchange.respond(.problem(status: 400, detail: error.detail))
        }
        Task { [operations] in
            let answer: Response
            do { answer = try await operations.reconcile(payment) ? Self.begun : Self.underWay } catch {
                answer = .problem(status: 503, detail: "Nothing is reconciled: \(error).")
            }
            exchange.queue.async { exchange.respond(answer) }
        }
    }

    private static let begun = Response.json(status: 202, #"{"status":"reconciling"}"#)
    private static let underWay = Response.problem(
        status: 409, detail: "That is under way already, or the API has asked for a pause.")

    private func replay(_ request: Request, _ exchange: Exchange) {
        guard mayAsk(request, exchange) else { return }
        let order: (selection: Redelivery, dryRun: Bool)
        do throws(AdminRequestFault) { order = try AdminRequest.replayed(request.body) } catch {
            return exchange.respond(.problem(status: 400, detail: error.detail))
        }
        Task { [operations] in
            let answer: Response
            do {
                let (count, damage) = try await operations.replay(order.selection, order.dryRun)
                let rest = damage.isEmpty ? [] : [JSONValue.Member("damage", .array(damage))]
                answer = .json(
                    status: 200, JSONValue.object([.init("deliveries", .integer(count))] + rest).serialized())
            } catch {
                answer = .problem(status: 500, detail: "The journal could not be read: \(error).")
            }
            exchange.queue.async { exchange.respond(answer) }
        }
    }
}
