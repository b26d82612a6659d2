import ECryptoPay
import JSON
import Synchronization

/// ecryptopay in a few lines, for tests of the client that need the service to misbehave in one exact way.
final class ScriptedAPI: Sendable {
    typealias Script = @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply

    /// What the API was told of secrets, to be looked for where they must not be.
    static let credentials = Credentials(
        clientID: "client-1", clientSecret: "s3cret&client", email: "shop@example.com", password: "s3cret \"pass\"")
    static let payment = #"{"id":42,"state":"paid","amount":"150.0","currency":"btc"}"#

    let server: ScriptedServer

    /// - Parameters:
    ///   - call: answers everything but the token endpoint; by default the payment 42.
    ///   - token: answers the token endpoint; by default token N at the Nth time, good for two hours.
    init(_ call: @escaping Script = { _ in .answer(200, ScriptedAPI.payment) }, token: Script? = nil) throws {
        let count = Mutex(0)
        server = try ScriptedServer { request in
            guard request.line.hasPrefix("POST /api/v1/oauth/token ") else { return call(request) }
            if let token { return token(request) }
            return Self.token(
                count.withLock { count in
                    count += 1
                    return count
                })
        }
    }

    /// The token endpoint's answer: `s3cret-token-N`, with `s3cret-refresh-N`.
    static func token(_ number: Int, lifetime: Int = 7_200) -> ScriptedServer.Reply {
        .answer(
            200,
            """
            {"access_token":"s3cret-token-\(number)","token_type":"Bearer","expires_in":\(lifetime),\
            "refresh_token":"s3cret-refresh-\(number)","created_at":1667325845}
            """)
    }

    func configuration(timeout: Duration = .seconds(30)) -> Client.Configuration {
        Client.Configuration(
            credentials: Self.credentials, apiURL: "\(server.url)/api/v1/", timeout: timeout, userAgent: "tests/1")
    }

    func client() -> Client { Client(configuration()) }

    var tokenRequests: [JSONValue] {
        get throws { try server.requests("POST /api/v1/oauth/token ").map { try JSONValue(parsing: $0.body) } }
    }
    var calls: [ScriptedServer.Request] { server.requests.filter { !$0.line.contains("/oauth/token") } }
}
