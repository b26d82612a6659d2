package import HTTP1
package import HTTPServer

/// The public side's paths: webhooks, `/healthz`, and nothing else.
package final class PublicSide: RequestHandler {
    private let endpoint: WebhookEndpoint
    private let paths: SecretPaths
    private let unavailability: @Sendable () -> String?

    /// Routes to an endpoint. `unavailability` says why no webhook can be taken now, or nil while they are.
    package init(
        endpoint: WebhookEndpoint, webhookPaths: [String], unavailability: @escaping @Sendable () -> String?
    ) {
        self.endpoint = endpoint
        self.unavailability = unavailability
        paths = SecretPaths(webhookPaths)
    }

    /// Changes the webhook paths at run time.
    package func update(webhookPaths: [String]) {
        paths.replace(webhookPaths)
    }

    private static let healthPath = Array("/healthz".utf8)
    private static let notFound = Response.problem(status: 404, detail: "There is nothing at this path.")

    /// Answers a request, at once or when its report is durable.
    package func handle(_ request: Request, _ exchange: Exchange) {
        if paths.contains(request.path) {
            endpoint.handle(request, exchange)
        } else if request.path.elementsEqual(Self.healthPath) {
            exchange.respond(health(request.method))
        } else {
            exchange.respond(Self.notFound)
        }
    }

    /// Has the reports that came in this turn written together.
    package func didHandleAll() {
        endpoint.didHandleAll()
    }

    private func health(_ method: Method) -> Response {
        guard method == .get || method == .head else {
            return .problem(
                status: 405, detail: "Health is asked for with GET or HEAD.", fields: [("Allow", "GET, HEAD")])
        }
        guard let reason = unavailability() else { return .json(status: 200, #"{"status":"ok"}"#) }
        return .problem(status: 503, detail: "No webhook can be accepted: \(reason).", fields: [("Retry-After", "30")])
    }
}
