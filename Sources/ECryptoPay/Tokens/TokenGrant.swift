import JSON

/// How to ask for a token. Prints without secrets.
enum TokenGrant: Sendable, Hashable, CustomStringConvertible {
    /// With the account's password; RFC 6749 4.3, with `email` in place of `username` (API documentation,
    /// "Autenticación").
    case password
    /// With a refresh token; RFC 6749 6.
    case refresh(String)

    /// The request's JSON body.
    func body(_ credentials: Credentials) -> [UInt8] {
        let client: [JSONValue.Member] = [
            .init("client_id", .string(credentials.clientID)),
            .init("client_secret", .string(credentials.clientSecret)),
        ]
        switch self {
        case .password:
            let members: [JSONValue.Member] = [
                .init("grant_type", .string("password")), .init("email", .string(credentials.email)),
                .init("password", .string(credentials.password)),
            ]
            return JSONValue.object(members + client).serialized()
        case .refresh(let token):
            let members: [JSONValue.Member] = [
                .init("grant_type", .string("refresh_token")), .init("refresh_token", .string(token)),
            ]
            return JSONValue.object(members + client).serialized()
        }
    }

    var description: String {
        switch self {
        case .password: "password grant"
        case .refresh: "refresh grant"
        }
    }
}
