import Configuration
import ECryptoPay
import Glibc
import HTTP1
import JSON
import POSIX

/// Asks the running daemon on its admin side.
struct AdminClient {
    private let transport: Transport
    private let url: String
    private let address: ListenAddress
    private let obstacle: String?
    /// Whether no address is configured.
    private let isStandard: Bool
    private let token: Secret?

    /// Goes by the configuration, like the daemon itself.
    init(_ options: ConfigurationOptions) throws {
        let loader = ConfigurationLoader(envFile: options.envFile, isDaemon: false)
        let settings = try loader.load(account: .unused)
        guard let address = settings.adminListen.first else {
            throw CommandFailure(
                .configuration,
                "ECRYPTOPAY_ADMIN_LISTEN=off: the daemon has no admin side; give it an address, and restart it")
        }
        self.address = address
        obstacle = loader.obstacle
        isStandard = settings.origins["ECRYPTOPAY_ADMIN_LISTEN", default: .standard] == .standard
        // A Unix socket asks for none.
        if case .tcp = address { token = settings.adminToken } else { token = nil }
        var transport = TransportOptions(workers: 1, userAgent: "ecryptopayd/\(Program.version)")
        if case .unix(let path) = address { transport.unixSocket = path }
        self.transport = Transport(transport)
        if case .tcp = address { url = "http://\(address)" } else { url = "http://localhost" }
    }

    /// Posts JSON, or nothing; returns what came back, whatever its status.
    func post(_ path: String, _ body: JSONValue? = nil) throws -> TransportAnswer {
        let content = body?.serialized() ?? []
        let fields = content.isEmpty ? [] : [("Content-Type", "application/json")]
        return try perform(
            TransportRequest(.post, url + path, fields: authorization + fields, body: content, mayRepeat: false))
    }

    /// Gets what stands at a path; returns what came back, whatever its status.
    func get(_ path: String) throws -> TransportAnswer {
        try perform(TransportRequest(.get, url + path, fields: authorization))
    }

    private var authorization: [(String, String)] { token.map { [("Authorization", "Bearer \($0.exposed)")] } ?? [] }

    private func perform(_ request: TransportRequest) throws -> TransportAnswer {
        do {
            let answer = try blocking { [transport] in try await transport.perform(request) }
            if answer.status == 401 {
                let hint = obstacle ?? "set ECRYPTOPAY_ADMIN_TOKEN to what the daemon has"
                throw CommandFailure(.permission, "the daemon on \(address) asks for another token; \(hint)")
            }
            return answer
        } catch let fault as TransportFault {
            throw failure(fault)
        }
    }

    private func failure(_ fault: TransportFault) -> CommandFailure {
        // libcurl only says that it could not connect.
        if case .unix(let path) = address, fault.kind == .connect {
            do throws(SystemError) { try FileCalls.requireAccess(W_OK, to: path) } catch {
                if error.errno == EACCES {
                    return CommandFailure(
                        .permission,
                        "this user may not ask the daemon on \(address): run as root or join the group ecryptopayd")
                }
            }
        }
        let hint =
            obstacle ?? "is it running, with this configuration?"
            + (isStandard
                ? " ECRYPTOPAY_ADMIN_LISTEN is not set: where systemd gives the daemon a directory, it listens on admin.sock in it; name that"
                : "")
        return CommandFailure(.unavailable, "the daemon was not reached on \(address) (\(fault)); \(hint)")
    }
}

extension TransportAnswer {
    /// What a problem's body says (RFC 9457), or the status alone.
    var problem: String {
        (try? JSONValue(parsing: body))?["detail"]?.string ?? "it answered \(status)"
    }
}
