import ECryptoPay
import HTTP1
import JSON
import Payments

/// The documented API (`/api/v1`), answered as a Rails application with Doorkeeper does.
extension SandboxService {
    /// The answer, or what the faults make of it.
    mutating func faultyAPIReply(to request: SandboxRequest, now: Int64) -> SandboxReply {
        let endpoint = Array(request.segments.dropFirst(2))
        count(request.method, endpoint)
        let isToken = endpoint == ["oauth", "token"]
        let isStruck = faults.scope == .all || (faults.scope == .token) == isToken
        guard isStruck else { return apiReply(to: request, endpoint, now: now) }
        if random.happens(faults.errorRate) { return late(errorReply) }
        var reply = apiReply(to: request, endpoint, now: now)
        if random.happens(faults.nonsenseRate) {
            reply.status = 200
            reply.body = Array(#"{"id":1,"state":"#.utf8)
            reply.contentType = "application/json; charset=utf-8"
        }
        if random.happens(faults.cutRate) { reply.manner = .cut }
        if random.happens(faults.hangRate) { reply.manner = .never }
        return late(reply)
    }

    private func late(_ reply: SandboxReply) -> SandboxReply {
        var reply = reply
        reply.delay = .milliseconds(faults.latencyMilliseconds)
        return reply
    }

    /// 500 comes from Rails, 429 from Rack::Attack, and what else is wrong mostly from a proxy in front.
    private var errorReply: SandboxReply {
        let title = "\(faults.status) \(Status.reason(faults.status))"
        var reply: SandboxReply =
            switch faults.status {
            case 500: .rails(500)
            case 429: .text(429, "Retry later\n")
            default:
                SandboxReply(
                    status: faults.status, contentType: "text/html",
                    body: Array("<html><head><title>\(title)</title></head><body>\(title)</body></html>\n".utf8))
            }
        if let seconds = faults.retryAfter { reply.fields.append(("Retry-After", "\(seconds)")) }
        return reply
    }

    private mutating func count(_ method: Method, _ endpoint: [String]) {
        let path = endpoint.map { PaymentID($0) == nil ? $0 : "ID" }.joined(separator: "/")
        counts["\(method) /\(path)".uppercasingMethod, default: 0] += 1
    }

    private mutating func apiReply(to request: SandboxRequest, _ endpoint: [String], now: Int64) -> SandboxReply {
        if endpoint == ["oauth", "token"], request.method == .post { return tokenReply(to: request, now: now) }
        do { try tokens.check(faults.refusesTokens ? nil : request.bearer, now: now) } catch { return refused(error) }
        switch (request.method, endpoint.first, endpoint.count) {
        case (.get, "payments", 1), (.head, "payments", 1): return list(now: now)
        case (.post, "payments", 1): return creation(request.body, now: now)
        case (.get, "payments", 2), (.head, "payments", 2): return payment(endpoint[1], now: now)
        default: return .rails(404)
        }
    }

    // MARK: Payments

    private mutating func payment(_ text: String, now: Int64) -> SandboxReply {
        guard let payment = PaymentID(text).flatMap({ payments[$0] }), let json = seen(payment, alone: true, now: now)
        else { return .rails(404) }
        return .json(200, json)
    }

    private mutating func list(now: Int64) -> SandboxReply {
        var elements: [JSONValue] = []
        for id in payments.keys.sorted() {
            if let payment = payments[id], let json = seen(payment, alone: false, now: now) { elements.append(json) }
        }
        return .json(200, .array(elements))
    }

    /// The payment as a read shows it: behind the truth or with another amount if the faults say so.
    private mutating func seen(_ payment: SandboxPayment, alone: Bool, now: Int64) -> JSONValue? {
        guard let version = payment.version(at: now - faults.lagMilliseconds * 1_000_000) else { return nil }
        let quote = quote(payment)
        return payment.json(
            state: version.state, updatedAt: version.since, amount: faults.amounts[payment.id] ?? payment.amount,
            currencyAmount: quote, qrImagePath: alone ? qrImagePath(payment, quote) : nil)
    }

    private mutating func creation(_ body: [UInt8], now: Int64) -> SandboxReply {
        guard let json = try? JSONValue(parsing: body), case .object = json else { return .rails(400) }
        let currency = json["currency"].flatMap { $0.string?.lowercased() } ?? "btc"
        let amount: Amount? =
            switch json["amount"] {
            case .string(let text), .number(let text): Amount(text)
            default: nil
            }
        guard let amount else {
            let isBlank = json["amount"] == nil || json["amount"] == .null || json["amount"]?.string == ""
            return invalid("amount", (isBlank ? ["can't be blank"] : []) + ["is not a number"])
        }
        if amount.isNegative || amount.isZero { return invalid("amount", ["must be greater than 0"]) }
        guard (2...8).contains(currency.utf8.count), currency.allSatisfy(\.isLetter) else {
            return invalid("currency", ["is not included in the list"])
        }
        let payment = create(amount: amount, currency: currency, now: now)
        let quote = quote(payment)
        return .json(
            201,
            payment.json(
                state: nil, updatedAt: now, amount: amount, currencyAmount: quote,
                qrImagePath: qrImagePath(payment, quote)))
    }

    /// What a record's validation found, as Rails lists it.
    private func invalid(_ name: String, _ faults: [String]) -> SandboxReply {
        .json(422, .object([.init(name, .array(faults.map { .string($0) }))]))
    }

    private func qrImagePath(_ payment: SandboxPayment, _ quote: Amount) -> String {
        "\(url)/qr/\(payment.currency)/\(payment.id)/\(quote).png"
    }

    // MARK: Tokens

    private mutating func tokenReply(to request: SandboxRequest, now: Int64) -> SandboxReply {
        guard let json = try? JSONValue(parsing: request.body), case .object = json else { return .rails(400) }
        let account = options.credentials
        guard let grant = json["grant_type"]?.string else {
            return oauthError(400, "invalid_request", "Missing required parameter: grant_type.")
        }
        guard json["client_id"]?.string == account.clientID, json["client_secret"]?.string == account.clientSecret
        else {
            return oauthError(401, "invalid_client", "Client authentication failed due to unknown client.")
        }
        let isGood: Bool
        switch grant {
        case "password":
            isGood = json["email"]?.string == account.email && json["password"]?.string == account.password
        case "refresh_token":
            isGood = json["refresh_token"]?.string.map { tokens.redeem($0) } ?? false
        default:
            return oauthError(400, "unsupported_grant_type", "The authorization grant type is not supported.")
        }
        guard isGood else {
            return oauthError(400, "invalid_grant", "The provided authorization grant is invalid, expired or revoked.")
        }
        return tokenAnswer(now: now)
    }

    private mutating func tokenAnswer(now: Int64) -> SandboxReply {
        let lifetime = faults.tokenLifetime.map { Int($0) } ?? options.tokenLifetime
        let pair = tokens.issue(
            lifetime: lifetime, withRefresh: options.issuesRefreshTokens, now: now, random: &random)
        var members: [JSONValue.Member] = [
            .init("access_token", .string(pair.access)), .init("token_type", .string("Bearer")),
        ]
        if options.statesLifetime { members.append(.init("expires_in", .integer(lifetime))) }
        if let refresh = pair.refresh { members.append(.init("refresh_token", .string(refresh))) }
        members.append(.init("created_at", .integer(now / 1_000_000_000)))
        return .json(200, .object(members), fields: [("Cache-Control", "no-store"), ("Pragma", "no-cache")])
    }

    private func oauthError(_ status: Int, _ error: String, _ description: String) -> SandboxReply {
        .json(
            status, .dictionary(["error": .string(error), "error_description": .string(description)]),
            fields: [("Cache-Control", "no-store"), ("WWW-Authenticate", challenge(error, description))])
    }

    /// Doorkeeper refuses a bearer with an empty body: the reason is in the field alone.
    private func refused(_ refusal: SandboxTokens.Refusal) -> SandboxReply {
        SandboxReply(
            status: 401, contentType: nil,
            fields: [
                ("Cache-Control", "no-store"), ("WWW-Authenticate", challenge("invalid_token", refusal.rawValue)),
            ], body: [])
    }

    private func challenge(_ error: String, _ description: String) -> String {
        "Bearer realm=\"Doorkeeper\", error=\"\(error)\", error_description=\"\(description)\""
    }
}

extension String {
    /// `get /payments` as `GET /payments`.
    fileprivate var uppercasingMethod: String {
        let parts = split(separator: " ", maxSplits: 1)
        return parts[0].uppercased() + " " + parts[1]
    }
}
