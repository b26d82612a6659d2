import ECryptoPay
import Glibc
import JSON
import POSIX
import TestSupport

/// The sandbox as a process of its own.
final class SandboxProcess: Sendable {
    /// Its account and API address, as env-file keys.
    let settings: [String: String]
    private let address: SocketAddress
    let process: ChildProcess

    /// Starts it with an account of its own.
    static func start(_ arguments: String..., listen: String = "127.0.0.1:0") async throws -> SandboxProcess {
        let process = try ChildProcess(
            try builtBinary(named: "ecryptopayd"), ["sandbox", "--listen", listen] + arguments)
        try await process.waitForOutput(containing: "ECRYPTOPAY_PASSWORD=")
        try await eventually("the last line is whole") { process.output.hasSuffix("\n") }
        return try SandboxProcess(process)
    }

    private init(_ process: ChildProcess) throws {
        self.process = process
        var settings: [String: String] = [:]
        for line in process.output.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            settings[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        // On a busy machine a call may take its time.
        settings["ECRYPTOPAY_API_TIMEOUT"] = "60s"
        self.settings = settings
        // http://127.0.0.1:PORT/api/v1
        let parts = (settings["ECRYPTOPAY_API_URL"] ?? "").split(separator: "/")
        address = try SocketAddress(parsing: String(parts[1]))
    }

    /// Where its page is.
    var url: String { "http://\(address)" }

    /// A client of the library, with the account.
    func client(timeout: Duration = .seconds(30)) -> Client {
        func setting(_ name: String) -> String { settings["ECRYPTOPAY_\(name)"] ?? "" }
        let credentials = Credentials(
            clientID: setting("CLIENT_ID"), clientSecret: setting("CLIENT_SECRET"), email: setting("EMAIL"),
            password: setting("PASSWORD"))
        return Client(.init(credentials: credentials, apiURL: apiURL, timeout: timeout))
    }

    var apiURL: String { settings["ECRYPTOPAY_API_URL"] ?? "" }

    func request(_ method: String, _ path: String, _ body: String = "", token: String? = nil) throws -> ClientAnswer {
        let client = try ClientSocket(address)
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        try client.send(
            """
            \(method) \(path) HTTP/1.1\r\nHost: \(address)\r\nContent-Type: application/json\r\n\(authorization)\
            Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)
            """)
        return try client.receive()
    }

    /// Creates a payment through the API, as a shop does; its id.
    func create(amount: String = "150.00") throws -> Int64 {
        func setting(_ name: String) -> JSONValue { .string(settings["ECRYPTOPAY_\(name)"] ?? "") }
        let login = JSONValue.dictionary([
            "grant_type": .string("password"), "email": setting("EMAIL"), "password": setting("PASSWORD"),
            "client_id": setting("CLIENT_ID"), "client_secret": setting("CLIENT_SECRET"),
        ])
        let token = try JSONValue(
            parsing: Array(
                try request("POST", "/api/v1/oauth/token", String(decoding: login.serialized(), as: UTF8.self)).body
                    .utf8))
        let answer = try request(
            "POST", "/api/v1/payments/", #"{"amount":"\#(amount)","currency":"btc"}"#,
            token: token["access_token"]?.string)
        guard answer.status == 201, let id = try JSONValue(parsing: Array(answer.body.utf8))["id"]?.integer else {
            throw DeadlinePassed(what: "a created payment, but it is \(answer.status) \(answer.body)")
        }
        return id
    }

    func move(_ id: Int64, to state: String) throws {
        let answer = try request("POST", "/sandbox/payments/\(id)/state", #"{"state":"\#(state)"}"#)
        guard answer.status < 300 else { throw DeadlinePassed(what: "payment \(id) \(state): \(answer.body)") }
    }

    func setFaults(_ faults: String) throws {
        let answer = try request("POST", "/sandbox/faults", faults)
        guard answer.status < 300 else { throw DeadlinePassed(what: "faults \(faults): \(answer.body)") }
    }

    func clearFaults() throws { _ = try request("DELETE", "/sandbox/faults") }
}
