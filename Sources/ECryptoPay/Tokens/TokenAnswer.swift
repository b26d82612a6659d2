import JSON

/// A good answer of the token endpoint (RFC 6749 5.1). Prints without its tokens.
struct TokenAnswer: Sendable, Hashable, CustomStringConvertible {
    let accessToken: String
    /// How long the token is good; nil when the server does not say, or says something that is no length of time.
    let lifetime: Duration?
    let refreshToken: String?

    init(accessToken: String, lifetime: Duration?, refreshToken: String?) {
        self.accessToken = accessToken
        self.lifetime = lifetime
        self.refreshToken = refreshToken
    }

    /// Reads a body; nil when it holds no token that could be used.
    init?(body: [UInt8]) {
        guard let tree = try? JSONValue(parsing: body), let token = tree["access_token"]?.string,
            Self.isUsable(token)
        else { return nil }
        // RFC 6749 7.1: a client must not use a token whose type it does not know.
        if let type = tree["token_type"]?.string, type.lowercased() != "bearer" { return nil }
        let seconds = tree["expires_in"].flatMap { $0.integer ?? $0.string.flatMap { Int64($0) } }
        self.init(
            accessToken: token, lifetime: seconds.flatMap { $0 > 0 ? .seconds(min($0, 10 * 365 * 86_400)) : nil },
            refreshToken: tree["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : $0 })
    }

    var description: String { "token answer" }

    /// Visible ASCII: anything else could not stand in a header field.
    private static func isUsable(_ token: String) -> Bool {
        !token.isEmpty && token.utf8.count <= 16_384 && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
