package import ECryptoPay
import Ledger

/// What a sandbox starts with.
package struct SandboxOptions: Sendable {
    /// The only account it knows.
    package var credentials: Credentials
    /// Where webhooks go; nil sends none.
    package var webhookURL: String?
    /// A file that keeps the payments from one run to the next; nil keeps them in memory only.
    package var stateFile: String?
    /// How many seconds an access token is good.
    package var tokenLifetime: Int
    /// Whether a token answer has an `expires_in`; Doorkeeper leaves out what is blank.
    package var statesLifetime: Bool
    /// Whether a token answer has a `refresh_token`.
    package var issuesRefreshTokens: Bool
    /// What all randomness comes from: equal seeds and equal requests give equal runs.
    package var seed: UInt64
    /// The path of a PEM bundle to trust for an `https:` webhook URL in place of the system's authorities.
    package var caFile: String?

    /// An account, generated when none is given, tokens of two hours with refresh tokens, and a random seed.
    package init(
        credentials: Credentials? = nil, webhookURL: String? = nil, stateFile: String? = nil,
        tokenLifetime: Int = 7_200, statesLifetime: Bool = true, issuesRefreshTokens: Bool = true,
        seed: UInt64 = .random(in: .min ... .max), caFile: String? = nil
    ) {
        self.credentials = credentials ?? Self.generatedCredentials(seed: seed)
        self.webhookURL = webhookURL
        self.stateFile = stateFile
        self.tokenLifetime = tokenLifetime
        self.statesLifetime = statesLifetime
        self.issuesRefreshTokens = issuesRefreshTokens
        self.seed = seed
        self.caFile = caFile
    }

    private static func generatedCredentials(seed: UInt64) -> Credentials {
        // A sequence of its own, so that tokens do not begin like the password.
        var random = SplitMix64(seed: ~seed)
        return Credentials(
            clientID: random.text(24), clientSecret: random.text(43), email: "shop@sandbox.example",
            password: random.text(20))
    }
}
