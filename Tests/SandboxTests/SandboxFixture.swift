import ECryptoPay
import JSON
import Logging
import POSIX
import Sandbox

/// A sandbox on a free port, and ways to talk to it: as the client does, and as anyone with curl does.
struct SandboxFixture {
    static let credentials = Credentials(
        clientID: "client", clientSecret: "client-secret", email: "shop@example.com", password: "password")
    static let address = SocketAddress.ipv4(0x7F00_0001, port: 0)

    let sandbox: Sandbox
    let transport = Transport(TransportOptions(workers: 2))

    init(_ change: (inout SandboxOptions) -> Void = { _ in }) throws {
        var options = SandboxOptions(credentials: Self.credentials, seed: 1)
        change(&options)
        sandbox = try Sandbox(options, logger: Logger(label: "sandbox", factory: { _ in SwiftLogNoOpLogHandler() }))
        try sandbox.start(Self.address)
    }

    /// Runs the body, and stops the sandbox whatever happens.
    static func run(
        _ change: (inout SandboxOptions) -> Void = { _ in }, _ body: (SandboxFixture) async throws -> Void
    ) async throws {
        let fixture = try SandboxFixture(change)
        do { try await body(fixture) } catch {
            await fixture.sandbox.stop(grace: .zero)
            throw error
        }
        await fixture.sandbox.stop(grace: .zero)
    }

    func client(timeout: Duration = .seconds(30)) -> Client {
        Client(.init(credentials: Self.credentials, apiURL: sandbox.apiURL, timeout: timeout))
    }

    // MARK: By hand

    func get(_ path: String, token: String? = nil) async throws -> TransportAnswer {
        try await transport.perform(TransportRequest(.get, sandbox.url + path, fields: fields(token)))
    }

    func post(_ path: String, _ body: String, token: String? = nil) async throws -> TransportAnswer {
        try await transport.perform(
            TransportRequest(.post, sandbox.url + path, fields: fields(token), body: Array(body.utf8)))
    }

    /// A good token.
    func token() async throws -> String {
        let answer = try await post("/api/v1/oauth/token", Self.grant)
        return try JSONValue(parsing: answer.body)["access_token"]?.string ?? ""
    }

    /// The documented body of a token request.
    static let grant = """
        {"grant_type":"password","email":"shop@example.com","password":"password","client_id":"client",\
        "client_secret":"client-secret"}
        """

    private func fields(_ token: String?) -> [(name: String, value: String)] {
        token.map { [("Authorization", "Bearer \($0)")] } ?? []
    }
}

extension TransportAnswer {
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue? { try? JSONValue(parsing: body) }

    /// The members' names, in order.
    var names: [String] {
        guard case .object(let members) = json else { return [] }
        return members.map(\.name)
    }
}
