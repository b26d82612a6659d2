import Dispatch
public import HTTP1
public import HTTPServer
import JSON
public import Payments

/// The admin side's paths: how it stands, and what an operator may ask for. For a loopback address or a Unix socket only.
public final class AdminSide: RequestHandler {
    /// What the rest of the program does for an operator.
    public struct Operations: Sendable {
        /// Why no webhook can be taken now; nil while they are.
        public var unavailability: @Sendable () -> String?
        /// Why it is not ready; empty when it is.
        public var unreadiness: @Sendable () -> [String]
        /// Lists all payments, or fetches one; false while that is under way already.
        public var reconcile: @Sendable (PaymentID?) async -> Bool

        /// Joins them.
        public init(
            unavailability: @escaping @Sendable () -> String?, unreadiness: @escaping @Sendable () -> [String],
            reconcile: @escaping @Sendable (PaymentID?) async -> Bool
        ) {
            self.unavailability = unavailability
            self.unreadiness = unreadiness
            self.reconcile = reconcile
        }
    }

    private let operations: Operations

    /// Routes to what the program can do.
    public init(_ operations: Operations) {
        self.operations = operations
    }

    /// Answers a request, at once or when what it asked for has begun.
    public func handle(_ request: Request, _ exchange: Exchange) {
        switch String(decoding: request.path, as: UTF8.self) {
        case "/healthz": read(request, exchange) { Self.health(operations.unavailability()) }
        case "/readyz": read(request, exchange) { Self.readiness(operations.unreadiness()) }
        case "/reconcile": reconcile(request, exchange)
        default: exchange.respond(Self.notFound)
        }
    }

    private static let notFound = Response.problem(status: 404, detail: "There is nothing at this path.")

    /// Answers GET and HEAD.
    private func read(_ request: Request, _ exchange: Exchange, _ answer: () -> Response) {
        guard request.method == .get || request.method == .head else {
            return exchange.respond(
                .problem(status: 405, detail: "This is read with GET or HEAD.", fields: [("Allow", "GET, HEAD")]))
        }
        exchange.respond(answer())
    }

    private static func health(_ unavailability: String?) -> Response {
        guard let unavailability else { return .json(status: 200, #"{"status":"ok"}"#) }
        return .problem(status: 503, detail: "No webhook can be accepted: \(unavailability).")
    }

    private static func readiness(_ reasons: [String]) -> Response {
        if reasons.isEmpty { return .json(status: 200, #"{"status":"ready"}"#) }
        return .problem(status: 503, detail: "Not ready: \(reasons.joined(separator: "; ")).")
    }

    // MARK: Reconciling

    private func reconcile(_ request: Request, _ exchange: Exchange) {
        guard request.method == .post else {
            return exchange.respond(
                .problem(status: 405, detail: "Reconciling is asked for with POST.", fields: [("Allow", "POST")]))
        }
        // A page in the operator's browser can make it post here, but not without naming where the page came from.
        guard request.firstValue(of: "Origin") == nil else {
            return exchange.respond(.problem(status: 403, detail: "Web pages may not ask for this."))
        }
        let payment: PaymentID?
        do throws(BodyFault) { payment = try Self.payment(request.body) } catch {
            return exchange.respond(.problem(status: 400, detail: error.detail))
        }
        Task { [operations] in
            let hasBegun = await operations.reconcile(payment)
            exchange.queue.async { exchange.respond(hasBegun ? Self.begun : Self.underWay) }
        }
    }

    private static let begun = Response.json(status: 202, #"{"status":"reconciling"}"#)
    private static let underWay = Response.problem(status: 409, detail: "That is under way already.")

    private struct BodyFault: Error {
        let detail: String
    }

    /// No body asks for all; `{"payment":42}` for one.
    private static func payment(_ body: ArraySlice<UInt8>) throws(BodyFault) -> PaymentID? {
        if body.isEmpty { return nil }
        guard let tree = try? JSONValue(parsing: Array(body)), case .object(let members) = tree else {
            throw BodyFault(
                detail: #"The body is no JSON object; send none for all payments, or {"payment":42} for one."#)
        }
        if let other = members.first(where: { $0.name != "payment" }) {
            throw BodyFault(
                detail: "There is no \(JSONString.quoted(other.name.prefix(40))); name a \"payment\", or nothing.")
        }
        if members.isEmpty { return nil }
        guard let id = tree["payment"]?.integer, id > 0 else {
            throw BodyFault(detail: #""payment" is not a positive integer."#)
        }
        return id
    }
}
