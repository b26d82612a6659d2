import JSON
import Payments

extension SandboxFaults {
    /// Why a change of faults was refused.
    struct Refusal: Error {
        let message: String
    }

    /// Changes what the object names and leaves the rest; all of it or, with an error, nothing.
    ///
    /// `revoke_tokens` is a deed and no setting: it is left to the caller.
    mutating func apply(_ json: JSONValue) throws(Refusal) {
        guard case .object(let members) = json else { throw Refusal(message: "write a JSON object") }
        var changed = self
        for member in members where member.name != "revoke_tokens" { try changed.set(member.name, member.value) }
        self = changed
    }

    /// All settings, under the names that `apply` takes.
    var json: JSONValue {
        .dictionary([
            "scope": .string(scope.rawValue), "latency_ms": .integer(latencyMilliseconds),
            "error_rate": .number("\(errorRate)"), "status": .integer(status),
            "retry_after": retryAfter.map { .integer($0) } ?? .null, "hang_rate": .number("\(hangRate)"),
            "cut_rate": .number("\(cutRate)"), "nonsense_rate": .number("\(nonsenseRate)"),
            "token_lifetime_s": tokenLifetime.map { .integer($0) } ?? .null, "refuse_tokens": .bool(refusesTokens),
            "lag_ms": .integer(lagMilliseconds),
            "amounts": .object(amounts.sorted { $0.key < $1.key }.map { .init("\($0)", .string("\($1)")) }),
            "webhook_lost_rate": .number("\(webhookLostRate)"),
            "webhook_doubled_rate": .number("\(webhookDoubledRate)"),
            "webhook_reordered_rate": .number("\(webhookReorderedRate)"),
            "webhook_forged_rate": .number("\(webhookForgedRate)"),
            "webhook_delay_ms": .integer(webhookDelayMilliseconds),
            "webhook_content_type": .string(webhookContentType),
        ])
    }

    private mutating func set(_ name: String, _ value: JSONValue) throws(Refusal) {
        switch name {
        case "scope": scope = try Self.scope(value)
        case "latency_ms": latencyMilliseconds = try Self.bounded(name, value)
        case "error_rate": errorRate = try Self.rate(name, value)
        case "status": status = try Self.status(value)
        case "retry_after": retryAfter = value == .null ? nil : try Self.bounded(name, value)
        case "hang_rate": hangRate = try Self.rate(name, value)
        case "cut_rate": cutRate = try Self.rate(name, value)
        case "nonsense_rate": nonsenseRate = try Self.rate(name, value)
        case "token_lifetime_s": tokenLifetime = value == .null ? nil : try Self.bounded(name, value)
        case "refuse_tokens":
            guard let flag = value.bool else { throw Refusal(message: "refuse_tokens is true or false") }
            refusesTokens = flag
        case "lag_ms": lagMilliseconds = try Self.bounded(name, value)
        case "amounts": try setAmounts(value)
        case "webhook_lost_rate": webhookLostRate = try Self.rate(name, value)
        case "webhook_doubled_rate": webhookDoubledRate = try Self.rate(name, value)
        case "webhook_reordered_rate": webhookReorderedRate = try Self.rate(name, value)
        case "webhook_forged_rate": webhookForgedRate = try Self.rate(name, value)
        case "webhook_delay_ms": webhookDelayMilliseconds = try Self.bounded(name, value)
        case "webhook_content_type": webhookContentType = try Self.contentType(value)
        default:
            let known = Self().json
            let names = if case .object(let members) = known { members.map(\.name) } else { [String]() }
            throw Refusal(message: "no fault is called that; known: revoke_tokens, \(names.joined(separator: ", "))")
        }
    }

    /// `{"42":"999.0"}`; null takes the fault back.
    private mutating func setAmounts(_ value: JSONValue) throws(Refusal) {
        let rule = "amounts is an object like {\"42\":\"999.0\"}, with null to take one back"
        guard case .object(let members) = value else { throw Refusal(message: rule) }
        for member in members {
            guard let id = PaymentID(member.name) else { throw Refusal(message: rule) }
            if member.value == .null {
                amounts[id] = nil
            } else {
                guard let amount = member.value.string.flatMap({ Amount($0) }) else { throw Refusal(message: rule) }
                amounts[id] = amount
            }
        }
    }

    private static func scope(_ value: JSONValue) throws(Refusal) -> Scope {
        guard let scope = value.string.flatMap(Scope.init) else {
            throw Refusal(message: "scope is one of \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return scope
    }

    private static func contentType(_ value: JSONValue) throws(Refusal) -> String {
        guard let text = value.string, !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw Refusal(message: "webhook_content_type is a text like application/json")
        }
        return text
    }

    private static func status(_ value: JSONValue) throws(Refusal) -> Int {
        guard let status = value.integer, (300...599).contains(status) else {
            throw Refusal(message: "status is a number from 300 to 599")
        }
        return Int(status)
    }

    private static func rate(_ name: String, _ value: JSONValue) throws(Refusal) -> Double {
        guard case .number(let text) = value, let rate = Double(text), (0...1).contains(rate) else {
            throw Refusal(message: "\(name) is a number from 0 to 1")
        }
        return rate
    }

    /// A day at most of milliseconds, so that no sum of times overflows.
    private static func bounded(_ name: String, _ value: JSONValue) throws(Refusal) -> Int64 {
        guard let number = value.integer, (0...86_400_000).contains(number) else {
            throw Refusal(message: "\(name) is a whole number from 0 to 86400000")
        }
        return number
    }
}
