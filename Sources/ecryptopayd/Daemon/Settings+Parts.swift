import Admin
import Configuration
import Delivery
import ECryptoPay
import HTTP1
import HTTPServer
import JournalStore
import Ledger
import Logging
import POSIX

// What each part of the program is told of the settings: the one place where the two meet.

extension Client.Configuration {
    /// Nil when no account is configured.
    init?(_ settings: Settings) {
        guard let account = settings.account else { return nil }
        self.init(
            credentials: Credentials(
                clientID: account.clientID, clientSecret: account.clientSecret.exposed, email: account.email,
                password: account.password.exposed),
            apiURL: settings.apiURL.description, timeout: settings.apiTimeout,
            connectTimeout: min(settings.apiTimeout, .seconds(5)), listTimeout: settings.listTimeout,
            listMaximumBytes: settings.listMaxBytes, concurrency: settings.confirmConcurrency,
            caFile: settings.caFile, userAgent: "ecryptopayd/\(Program.version)")
    }
}

extension [Forwarder.Endpoint] {
    init(_ settings: Settings) {
        let urls = settings.forwardURLs.map { url in
            Forwarder.Endpoint(
                name: url.name,
                sender: HTTPDeliverySender(
                    url: url.exposed, keys: settings.forwardSecret?.exposed ?? [], caFile: settings.caFile,
                    userAgent: "ecryptopayd/\(Program.version)"))
        }
        let program = settings.forwardExec.map { path in
            Forwarder.Endpoint(name: "exec:\(path)", sender: ProgramDeliverySender(path: path))
        }
        self = urls + (program.map { [$0] } ?? [])
    }
}

extension HTTPServer.Options {
    init(_ settings: Settings) {
        self.init()
        limits.bodyBytes = settings.maxBodyBytes
        maxConnections = settings.maxConnections
        requestTimeout = settings.requestTimeout
        idleTimeout = settings.idleTimeout
    }
}

extension HTTPServer.Options {
    /// For the admin side, where few come, besides those who read the events.
    static var admin: Self {
        var options = Self()
        options.maxConnections = EventFeed.maximumReaders + 64
        return options
    }
}

extension LedgerState.Limits {
    init(_ settings: Settings) {
        self.init(
            maxPending: settings.maxPending, confirmRate: settings.confirmRate, confirmWindow: settings.confirmWindow)
    }
}

extension LedgerAccount {
    init(_ settings: Settings) {
        self.init(api: "\(settings.apiURL.host):\(settings.apiURL.port)", client: settings.clientID ?? "")
    }
}

extension FileLedger.Options {
    init(_ settings: Settings) {
        self.init(limits: .init(settings), minimumFreeBytes: Int64(settings.minFreeBytes))
    }
}

extension Journal.Options {
    init(_ settings: Settings) {
        let account = LedgerAccount(settings)
        self.init(
            segmentBytes: Int64(settings.journalSegmentBytes), version: Program.version, api: account.api,
            client: account.client)
    }
}

extension ListenAddress {
    /// The address to bind. `localhost` is 127.0.0.1: one name, one socket, no lookup.
    var socketAddress: SocketAddress {
        get throws {
            let text =
                switch self {
                case .tcp("localhost", let port): "127.0.0.1:\(port)"
                default: description
                }
            return try SocketAddress(parsing: text)
        }
    }
}

extension Logger.Level {
    init(_ level: LogLevel) {
        self = Logger.Level(rawValue: level.rawValue) ?? .info
    }
}
