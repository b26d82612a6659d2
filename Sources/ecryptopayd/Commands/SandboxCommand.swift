import ArgumentParser
import Configuration
import Dispatch
import ECryptoPay
import Glibc
import Logging
import POSIX
import Sandbox
import ServiceManager

/// `ecryptopayd sandbox`: a stand-in for ecryptopay.
struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a stand-in for ecryptopay: the documented API, webhooks to a URL, and faults on demand.",
        discussion: """
            Its account is the one of the ECRYPTOPAY_* keys if they are set, else one that it prints as lines for an env file. \
            Its page at / shows all it can do, with a curl line each. It runs until SIGTERM or SIGINT.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Option(help: ArgumentHelp("Listen here; port 0 takes any that is free.", valueName: "host:port"))
    var listen = "127.0.0.1:8725"
    @Option(help: ArgumentHelp("Send webhooks there.", valueName: "url")) var webhookURL: String?
    @Option(help: ArgumentHelp("Keep the payments in this file from one run to the next.", valueName: "file"))
    var state: String?

    func run() throws {
        Signals.prepare()
        try reportingFailure {
            let settings = try ConfigurationLoader(envFile: options.envFile, isDaemon: false).load(account: .optional)
            _ = ServiceLogging.bootstrap(identifier: "ecryptopayd-sandbox", level: .init(settings.logLevel))
            let account = Client.Configuration(settings)?.credentials
            let address = try address()
            let sandbox = try make(account, address)
            if let hint = Self.hint(for: address) { Console.error(hint) }
            printAccount(sandbox, isGenerated: account == nil)
            let ended = DispatchSemaphore(value: 0)
            let signals = Signals(on: .global()) { number in
                if number == SIGTERM || number == SIGINT { ended.signal() }
            }
            ended.wait()
            signals.cancel()
            try blocking { await sandbox.stop() }
        }
    }

    /// Where it listens: a URL must be able to name it.
    func address() throws -> SocketAddress {
        let address: SocketAddress
        do { address = try SocketAddress(parsing: listen) } catch { throw CommandFailure(.usage, "--listen \(error)") }
        guard address.port != nil else {
            throw CommandFailure(.usage, "--listen \(listen): a URL cannot name a Unix socket; write HOST:PORT")
        }
        return address
    }

    /// What a person should know who lets other machines in.
    static func hint(for address: SocketAddress) -> String? {
        if address.isLocal { return nil }
        return """
            warning: other machines reach this sandbox, in the clear. There, the daemon takes its API only through a proxy with \
            TLS: it refuses http: unless the address is a loopback one
            """
    }

    private func make(_ account: Credentials?, _ address: SocketAddress) throws -> Sandbox {
        do {
            let sandbox = try Sandbox(
                SandboxOptions(credentials: account, webhookURL: webhookURL, stateFile: state, caFile: nil),
                logger: Logger(label: "sandbox"))
            try sandbox.start(address)
            return sandbox
        } catch let error as SystemError {
            throw CommandFailure(.unavailable, "cannot listen: \(error); choose another address with --listen")
        } catch let error as SandboxError { throw CommandFailure(.noInput, "\(error)") }
    }

    private func printAccount(_ sandbox: Sandbox, isGenerated: Bool) {
        Console.error("a sandboxed ecryptopay listens on \(sandbox.url) (see \(sandbox.url)/ for what it can do)")
        Console.print("ECRYPTOPAY_API_URL=\(sandbox.apiURL)")
        guard isGenerated else { return }
        Console.print("ECRYPTOPAY_CLIENT_ID=\(sandbox.credentials.clientID)")
        Console.print("ECRYPTOPAY_CLIENT_SECRET=\(sandbox.credentials.clientSecret)")
        Console.print("ECRYPTOPAY_EMAIL=\(sandbox.credentials.email)")
        Console.print("ECRYPTOPAY_PASSWORD=\(sandbox.credentials.password)")
    }
}
