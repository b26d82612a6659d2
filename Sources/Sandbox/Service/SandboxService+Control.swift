import HTTP1
import JSON
import Payments

/// The side on which a person, or a test, plays the world behind the API.
extension SandboxService {
    mutating func controlReply(to request: SandboxRequest, now: Int64) -> SandboxReply {
        switch (request.method, request.segments) {
        case (.get, []), (.head, []):
            return .text(200, SandboxUsage.text(url: url, credentials: options.credentials))
        case (.get, ["sandbox", "webhooks"]):
            return .json(200, .array(webhooks.map(\.json)))
        case (.post, ["sandbox", "webhooks"]):
            return forgedByHand(request.body, now: now)
        case (.get, ["sandbox", "faults"]):
            return .json(200, faults.json)
        case (.post, ["sandbox", "faults"]):
            return faultChange(request.body)
        case (.delete, ["sandbox", "faults"]):
            return changeFaults(to: SandboxFaults())
        case (.get, ["sandbox", "counts"]):
            return .json(200, .object(counts.sorted { $0.key < $1.key }.map { .init($0, .integer($1)) }))
        case (.get, ["sandbox", "overlaps"]):
            return .json(200, .object(overlaps.sorted { $0.key < $1.key }.map { .init("\($0)", .integer($1)) }))
        case (.post, let segments)
        where segments.count == 4 && segments.starts(with: ["sandbox", "payments"]) && segments[3] == "state":
            return stateChange(segments[2], request.body, now: now)
        default:
            return .refusal(404, "there is nothing here; GET / tells what there is")
        }
    }

    private mutating func stateChange(_ text: String, _ body: [UInt8], now: Int64) -> SandboxReply {
        guard let state = (try? JSONValue(parsing: body))?["state"]?.string, !state.isEmpty else {
            return .refusal(400, "write a body like {\"state\":\"paid\"}")
        }
        guard let id = PaymentID(text), let made = move(id, to: state, now: now), let payment = payments[id] else {
            return .refusal(404, "there is no such payment; GET /api/v1/payments lists them")
        }
        let json = payment.json(
            state: state, updatedAt: now, amount: payment.amount, currencyAmount: quote(payment), qrImagePath: nil)
        var reply = SandboxReply.json(200, json)
        reply.webhooks = made
        return reply
    }

    private mutating func faultChange(_ body: [UInt8]) -> SandboxReply {
        guard let json = try? JSONValue(parsing: body) else { return .refusal(400, "the body is not JSON") }
        var changed = faults
        do { try changed.apply(json) } catch { return .refusal(400, error.message) }
        if json["revoke_tokens"]?.bool == true { tokens.revokeAll() }
        return changeFaults(to: changed)
    }

    private mutating func changeFaults(to changed: SandboxFaults) -> SandboxReply {
        let released = setFaults(changed)
        var reply = SandboxReply.json(200, faults.json)
        reply.webhooks = released
        return reply
    }

    /// Sends the body as it is, as someone would who has learned the URL.
    private mutating func forgedByHand(_ body: [UInt8], now: Int64) -> SandboxReply {
        guard webhookURL != nil else { return .refusal(409, "there is no webhook URL; start with --webhook-url URL") }
        let webhook = webhook(body, isGenuine: false, now: now)
        var reply = SandboxReply.json(202, webhook.json)
        reply.webhooks = [webhook]
        return reply
    }
}
