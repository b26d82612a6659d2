import Configuration
import ECryptoPay
import HTTP1
import JSON

/// Asks the running daemon on its admin side.
struct AdminClient {
    private let transport: Transport
    private let url: String
    private let address: ListenAddress

    /// Goes by the configuration, like the daemon itself.
    init(_ options: ConfigurationOptions) throws {
        let settings = try ConfigurationLoader(envFile: options.envFile, isDaemon: false).load(account: .optional)
        guard let address = settings.adminListen.first else {
            throw CommandFailure(
                .configuration,
                "ECRYPTOPAY_ADMIN_LISTEN=off: the daemon has no admin side; give it an address, and restart it")
        }
        self.address = address
        var transport = TransportOptions(workers: 1, userAgent: "ecryptopayd/\(Program.version)")
        if case .unix(let path) = address { transport.unixSocket = path }
        self.transport = Transport(transport)
        if case .tcp = address { url = "http://\(address)" } else { url = "http://localhost" }
    }

    /// Posts JSON, or nothing; answers what came back, whatever its status.
    func post(_ path: String, _ body: JSONValue? = nil) throws -> TransportAnswer {
        let content = body?.serialized() ?? []
        let fields = content.isEmpty ? [] : [("Content-Type", "application/json")]
        return try perform(TransportRequest(.post, url + path, fields: fields, body: content, mayRepeat: false))
    }

    /// Gets what stands at a path; answers what came back, whatever its status.
    func get(_ path: String) throws -> TransportAnswer {
        try perform(TransportRequest(.get, url + path))
    }

    private func perform(_ request: TransportRequest) throws -> TransportAnswer {
        do {
            return try blocking { [transport] in try await transport.perform(request) }
        } catch let fault as TransportFault {
            throw CommandFailure(
                .unavailable,
                "the daemon was not reached on \(address) (\(fault)); is it running, with this configuration?")
        }
    }
}

extension TransportAnswer {
    /// What a problem's body says (RFC 9457), or the status alone.
    var problem: String {
        (try? JSONValue(parsing: body))?["detail"]?.string ?? "it answered \(status)"
    }
}
