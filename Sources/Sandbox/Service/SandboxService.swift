import ECryptoPay
import HTTP1
import JSON
import Ledger
import Payments

/// The stand-in's whole state, and what each request does to it. Pure: times and seeds are handed in.
struct SandboxService {
    let options: SandboxOptions
    /// Where the sandbox itself is reached, for the addresses of QR codes.
    var url = ""
    var webhookURL: String?
    private(set) var faults = SandboxFaults()
    var tokens = SandboxTokens()
    var payments: [PaymentID: SandboxPayment] = [:]
    var nextID: PaymentID = 1
    var random: SplitMix64
    /// The last ones, at most `webhooksKept`.
    private(set) var webhooks: [SandboxWebhook] = []
    private var webhookCount = 0
    /// What is held back until the next webhook has been sent.
    private var held: [SandboxWebhook] = []
    /// How many requests came to each endpoint, e.g. `GET /payments/ID`.
    var counts: [String: Int] = [:]
    /// How many fetches of each payment wait for their answer now.
    var fetches: [PaymentID: Int] = [:]
    /// Payments of which several fetches waited at once, and how many at the most.
    var overlaps: [PaymentID: Int] = [:]
    /// Whether something has changed that a state file keeps.
    var isChanged = false

    private static let webhooksKept = 10_000

    init(_ options: SandboxOptions) {
        self.options = options
        webhookURL = options.webhookURL
        random = SplitMix64(seed: options.seed)
    }

    /// Carries a request out.
    ///
    /// - Parameter now: nanoseconds since 1970.
    mutating func reply(to request: SandboxRequest, now: Int64) -> SandboxReply {
        request.segments.starts(with: ["api", "v1"])
            ? faultyAPIReply(to: request, now: now) : controlReply(to: request, now: now)
    }

    // MARK: Payments

    mutating func create(amount: Amount, currency: String, now: Int64) -> SandboxPayment {
        let payment = SandboxPayment(id: nextID, amount: amount, currency: currency, now: now)
        payments[nextID] = payment
        nextID += 1
        isChanged = true
        return payment
    }

    /// Moves a payment, and makes the webhooks that tell of it; nil when there is no such payment.
    mutating func move(_ id: PaymentID, to state: String, now: Int64) -> [SandboxWebhook]? {
        guard payments[id] != nil else { return nil }
        payments[id]?.move(to: state, now: now)
        isChanged = true
        return payments[id].map { webhooks(about: $0, now: now) }
    }

    /// What the payment costs right now in its currency: another number at every look, as the vendor re-quotes it.
    mutating func quote(_ payment: SandboxPayment) -> Amount {
        let price = payment.currency == "btc" ? 1_900_000.0 : 60_000.0
        let pesos = Double("\(payment.amount)") ?? 0
        let units = pesos / price * Double.random(in: 0.995...1.005, using: &random)
        let hundredMillionths = Int64(min(max(units * 1e8, 1), 1e15).rounded())
        guard let quote = Amount("\(hundredMillionths)e-8") else { preconditionFailure("digits are a number") }
        return quote
    }

    // MARK: Webhooks

    private mutating func webhooks(about payment: SandboxPayment, now: Int64) -> [SandboxWebhook] {
        let version = payment.current
        let body = payment.json(
            state: version.state, updatedAt: version.since, amount: payment.amount, currencyAmount: quote(payment),
            qrImagePath: nil
        ).serialized()
        if random.happens(faults.webhookLostRate) || webhookURL == nil {
            _ = webhook(body, isGenuine: true, outcome: .lost, now: now)
            return []
        }
        var made = [webhook(body, isGenuine: true, now: now)]
        if random.happens(faults.webhookDoubledRate) { made.append(webhook(body, isGenuine: true, now: now)) }
        if random.happens(faults.webhookForgedRate) { made.append(forgery(like: payment, now: now)) }
        if held.isEmpty, random.happens(faults.webhookReorderedRate) {
            held = made
            return []
        }
        return made + releaseHeld()
    }

    /// What was held back, to be sent now.
    mutating func releaseHeld() -> [SandboxWebhook] {
        defer { held = [] }
        return held
    }

    /// Changes the faults; returns the webhooks that nothing holds back any more.
    mutating func setFaults(_ faults: SandboxFaults) -> [SandboxWebhook] {
        self.faults = faults
        return faults.webhookReorderedRate > 0 ? [] : releaseHeld()
    }

    /// A webhook about a payment that does not exist, and looks like any other.
    private mutating func forgery(like payment: SandboxPayment, now: Int64) -> SandboxWebhook {
        let forged = SandboxPayment(
            id: PaymentID.random(in: 1_000_000..<1_000_000_000, using: &random), amount: payment.amount,
            currency: payment.currency, now: now)
        let body = forged.json(
            state: payment.current.state, updatedAt: now, amount: forged.amount, currencyAmount: quote(forged),
            qrImagePath: nil)
        return webhook(body.serialized(), isGenuine: false, now: now)
    }

    mutating func webhook(
        _ body: [UInt8], isGenuine: Bool, outcome: SandboxWebhook.Outcome = .underWay, now: Int64
    ) -> SandboxWebhook {
        let webhook = SandboxWebhook(
            number: webhookCount, time: now, isGenuine: isGenuine, body: body, outcome: outcome)
        webhookCount += 1
        if webhooks.count >= Self.webhooksKept { webhooks.removeFirst(Self.webhooksKept / 2) }
        webhooks.append(webhook)
        return webhook
    }

    /// Notes what came of a webhook.
    mutating func settle(_ number: Int, _ outcome: SandboxWebhook.Outcome) {
        guard let index = webhooks.lastIndex(where: { $0.number == number }) else { return }
        webhooks[index].outcome = outcome
    }
}
