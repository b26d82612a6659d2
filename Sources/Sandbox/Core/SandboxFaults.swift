package import Payments

/// What goes wrong on purpose, changed at run time through `POST /sandbox/faults`. A rate is a share of 0 to 1.
package struct SandboxFaults: Hashable, Sendable {
    /// The part of the API that latency, errors, hanging, cutting and nonsense strike.
    package enum Scope: String, Sendable, CaseIterable {
        /// Payments and tokens.
        case all
        /// All but the token endpoint.
        case payments
        /// The token endpoint only.
        case token
    }

    /// Where the faults of the answers strike.
    package var scope = Scope.all
    /// Every answer comes that many milliseconds late.
    package var latencyMilliseconds: Int64 = 0
    /// The share of requests that are answered with `status`, and not carried out.
    package var errorRate = 0.0
    /// What such a request is answered with.
    package var status = 503
    /// The `Retry-After` of such an answer, in seconds; nil for none.
    package var retryAfter: Int64?
    /// The share of requests that are carried out and never answered.
    package var hangRate = 0.0
    /// The share of answers that break off in the middle.
    package var cutRate = 0.0
    /// The share of answers that are half a JSON text.
    package var nonsenseRate = 0.0
    /// How many seconds the access tokens are good that are given out from now on; nil as the options say.
    package var tokenLifetime: Int64?
    /// Whether every bearer token is refused, however fresh.
    package var refusesTokens = false
    /// How many milliseconds behind the truth reads are.
    package var lagMilliseconds: Int64 = 0
    /// Payments whose amount the API states otherwise than the webhook does.
    package var amounts: [PaymentID: Amount] = [:]
    /// The share of webhooks that are never sent.
    package var webhookLostRate = 0.0
    /// The share of webhooks that are sent twice.
    package var webhookDoubledRate = 0.0
    /// The share of webhooks that are held back until the next one has been sent.
    package var webhookReorderedRate = 0.0
    /// The share of webhooks that are accompanied by a forged one, about a payment that does not exist.
    package var webhookForgedRate = 0.0
    /// How many milliseconds late webhooks are sent.
    package var webhookDelayMilliseconds: Int64 = 0

    /// What webhooks say their body is. Ruby says `application/x-www-form-urlencoded` when nobody tells it.
    package var webhookContentType = "application/json"

    /// Nothing goes wrong.
    package init() {}
}
