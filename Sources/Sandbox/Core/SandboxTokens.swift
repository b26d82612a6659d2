import Ledger

/// The tokens that are out, as Doorkeeper would know them.
struct SandboxTokens {
    /// Why a bearer token is refused, in Doorkeeper's words.
    enum Refusal: String, Error {
        case expired = "The access token expired"
        case revoked = "The access token was revoked"
        case invalid = "The access token is invalid"
    }

    struct Pair: Hashable {
        let access: String
        let refresh: String?
    }

    private struct Access {
        let endsAt: Int64
        var isRevoked = false
    }

    private var access: [String: Access] = [:]
    /// A refresh token, and the access token that came with it.
    private var refresh: [String: String] = [:]

    mutating func issue(
        lifetime: Int, withRefresh: Bool, now: Int64, random: inout SplitMix64
    ) -> Pair {
        let pair = Pair(access: random.text(43), refresh: withRefresh ? random.text(43) : nil)
        access[pair.access] = Access(endsAt: now + Int64(lifetime) * 1_000_000_000)
        if let token = pair.refresh { refresh[token] = pair.access }
        return pair
    }

    /// A refresh token is good once; with it goes the access token that it came with.
    mutating func redeem(_ token: String) -> Bool {
        guard let old = refresh.removeValue(forKey: token) else { return false }
        access[old]?.isRevoked = true
        return true
    }

    mutating func revokeAll() {
        for token in access.keys { access[token]?.isRevoked = true }
        refresh = [:]
    }

    func check(_ token: String?, now: Int64) throws(Refusal) {
        guard let token, let access = access[token] else { throw .invalid }
        if access.isRevoked { throw .revoked }
        if now >= access.endsAt { throw .expired }
    }
}
