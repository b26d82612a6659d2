public import Payments

/// What goes wrong on purpose, changed at run time through `POST /sandbox/faults`. A rate is a share of 0 to 1.
public struct SandboxFaults: Hashable, Sendable {
    /// The part of the API that latency, errors, hanging, cutting and nonsense strike.
    public enum Scope: String, Sendable, CaseIterable {
        /// Payments and tokens.
        case all
        /// All but the token endpoint.
        case payments
        /// The token endpoint only.
        case token
    }

    /// Where the faults of the answers strike.
    public var scope = Scope.all
    /// Every answer comes that many milliseconds late.
    public var latencyMilliseconds: Int64 = 0
    /// The share of requests that are answered with `status`, and not carried out.
    public var errorRate = 0.0
    /// What such a request is answered with.
    public var status = 503
    /// The `Retry-After` of such an answer, in seconds; nil for none.
    public var retryAfter: Int64?
    /// The share of requests that are carried out and never answered.
    public var hangRate = 0.0
    /// The share of answers that break off in the middle.
    public var cutRate = 0.0
    /// The share of answers that are half a JSON text.
    public var nonsenseRate = 0.0
    /// How many seconds the access tokens are good that are given out from now on; nil as the options say.
    public var tokenLifetime: Int64?
    /// Whether every bearer token is refused, however fresh.
    public var refusesTokens = false
    /// How many milliseconds behind the truth reads are.
    public var lagMilliseconds: Int64 = 0
    /// Payments whose amount the API states otherwise than the webhook does.
    public var amounts: [PaymentID: Amount] = [:]
    /// The share of webhooks that are never sent.
    public var webhookLostRate = 0.0
    /// The share of webhooks that are sent twice.
    public var webhookDoubledRate = 0.0
    /// The share of webhooks that are held back until the next one has been sent.
    public var webhookReorderedRate = 0.0
    /// The share of webhooks that are accompanied by a forged one, about a payment that does not exist.
    public var webhookForgedRate = 0.0
    /// How many milliseconds late webhooks are sent.
    public var webhookDelayMilliseconds: Int64 = 0

    /// What webhooks say their body is. Ruby says `application/x-www-form-urlencoded` when nobody tells it.
    public var webhookContentType = "application/json"

    /// Nothing goes wrong.
    public init() {}
}
