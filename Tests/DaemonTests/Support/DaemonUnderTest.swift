import Glibc
import JSON
import POSIX
import TestSupport

/// The built daemon as a process of its own, on a directory and a socket that outlive it, as under systemd.
final class DaemonUnderTest {
    let directory: TemporaryDirectory
    let address: SocketAddress
    static let path = "/hooks/5f3a9c0e7d1b42a6"
    private var socket: ListeningSocket?
    private var adminSocket: ListeningSocket?
    private var settings: [String: String]
    /// Where its ledger is, if not in files.
    let database: LedgerDatabaseUnderTest?
    private(set) var process: ChildProcess?

    /// Prepares a daemon that asks the API at `apiURL`; nobody answers at the default.
    init(
        apiURL: String = "http://127.0.0.1:9/api/v1", account: [String: String]? = nil, onUnixSocket: Bool = false,
        database: LedgerDatabaseUnderTest? = nil
    ) throws {
        self.database = database
        directory = try TemporaryDirectory()
        let listen = onUnixSocket ? "unix:\(directory.path(of: "webhook.sock"))" : "127.0.0.1:0"
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: listen))
        (self.socket, address) = (socket, socket.address)
        settings = [
            "ECRYPTOPAY_CLIENT_ID": "client", "ECRYPTOPAY_CLIENT_SECRET": "hush-client", "ECRYPTOPAY_EMAIL": "a@b.mx",
            "ECRYPTOPAY_PASSWORD": "hush-password", "ECRYPTOPAY_API_URL": apiURL,
            "ECRYPTOPAY_WEBHOOK_PATHS": Self.path, "ECRYPTOPAY_MIN_FREE_BYTES": "0",
            "ECRYPTOPAY_REQUEST_TIMEOUT": "600s", "ECRYPTOPAY_ADMIN_LISTEN": "unix:\(directory.path(of: "admin"))",
        ]
        settings.merge(account ?? [:]) { $1 }
    }

    var listeningDescriptor: Int32 { socket?.descriptor.number ?? -1 }
    var webhookURL: String { "http://\(address)\(Self.path)" }
    var journalDirectory: String { directory.path(of: "journal") }
    /// What `ECRYPTOPAY_JOURNAL` is.
    var journalPlace: String { database?.url ?? journalDirectory }
    var envFile: String { directory.path(of: "env") }

    func set(_ key: String, _ value: String?) throws {
        settings[key] = value
        try writeEnvFile()
    }

    private func writeEnvFile() throws {
        let text = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
        _ = try directory.write(text, to: "env", mode: 0o600)
    }

    /// Starts it and waits until it listens, and, where it is the only one, decides.
    func start(
        environment: [String: String] = [:], options: [String] = [], through wrapper: [String] = []
    ) async throws {
        try launch(environment: environment, options: options, through: wrapper)
        try await process?.waitForOutput(containing: "listening on")
        guard database?.isOfOne == true else { return }
        // Only then does it write into the journal.
        try await process?.waitForOutput(containing: "this node decides now")
    }

    /// Starts it with a socket for its admin side, as systemd passes it.
    func startWithAdmin(_ socket: ListeningSocket) async throws {
        adminSocket = socket
        try await start()
    }

    /// Starts it and waits until it has listed what was there before: what comes then is not taken for it. Its admin side may
    /// get a socket as systemd passes it.
    func startWithBaseline(environment: [String: String] = [:], admin: ListeningSocket? = nil) async throws {
        adminSocket = admin
        try await start(environment: environment)
        try await eventually("the baseline is complete") { try self.records("baseline").count > 0 }
    }

    /// Keeps its socket no longer: when it ends, nobody listens any more, and it cannot be started again.
    func releaseSocket() { socket = nil }

    /// Has nobody listen on the admin side's socket any more.
    func closeAdminSocket() { adminSocket = nil }

    /// Starts it without waiting; through a program that runs the command behind its own arguments, if there is one.
    func launch(
        environment: [String: String] = [:], options: [String] = [], through wrapper: [String] = []
    ) throws {
        try writeEnvFile()
        let command = wrapper + [try builtBinary(named: "ecryptopayd"), "serve", "--env-file", envFile] + options
        process = try ChildProcess(
            command[0], Array(command.dropFirst()),
            environment: journalSetting(environment).merging(environment) { $1 },
            workingDirectory: directory.path,
            sockets: (socket.map { [.init(name: "webhook", descriptor: $0.descriptor.number)] } ?? [])
                + (adminSocket.map { [.init(name: "admin", descriptor: $0.descriptor.number)] } ?? []))
    }

    /// What says where its ledger is, unless a file or a credential does.
    private func journalSetting(_ environment: [String: String]) -> [String: String] {
        let isElsewhere =
            settings["ECRYPTOPAY_JOURNAL_FILE"] != nil || environment["CREDENTIALS_DIRECTORY"] != nil
        return isElsewhere ? [:] : ["ECRYPTOPAY_JOURNAL": journalPlace]
    }

    /// Ends it with a signal and waits for the end.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async throws -> ChildProcess.Exit? {
        process?.signal(signal)
        return try await process?.waitForExit()
    }

    /// Posts a report on a connection of its own.
    func post(_ body: String) throws -> ClientAnswer {
        let client = try ClientSocket(address)
        try client.send(Self.request(body))
        return try client.receive()
    }

    static func request(_ body: String) -> String {
        """
        POST \(path) HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n\
        Content-Length: \(body.utf8.count)\r\n\r\n\(body)
        """
    }

    static func report(_ id: Int64, state: String = "paid", amount: String = "150.0") -> String {
        #"{"id":\#(id),"currency":"btc","amount":"\#(amount)","state":"\#(state)","updated_at":"2026-11-20T18:09:11.456Z"}"#
    }

    /// The records in the journal, as any JSON reader sees them; complete lines only.
    func journal(in place: String = "journal") throws -> [JSONValue] {
        if let database { return try database.lines().map { try JSONValue(parsing: $0) } }
        var records: [JSONValue] = []
        for name in try directory.names(in: place).sorted() where name.hasSuffix(".jsonl") {
            let text = try directory.readText("\(place)/\(name)")
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                records.append(try JSONValue(parsing: Array(line.utf8)))
            }
        }
        return records
    }

    /// What the records take up, or would in files.
    func journalBytes() throws -> Int {
        if let database { return try database.lines().reduce(0) { $0 + $1.count + 1 } }
        return try directory.names(in: "journal").filter { $0.hasSuffix(".jsonl") }
            .reduce(0) { try $0 + directory.read("journal/\($1)").count }
    }

    func records(_ kind: String, payment: Int64? = nil) throws -> [JSONValue] {
        try journal().filter { record in
            record["kind"]?.string == kind && (payment == nil || record["payment"]?.integer == payment)
        }
    }

    /// The payments of all records of a kind, in order.
    func payments(_ kind: String) throws -> [Int64] { try records(kind).compactMap { $0["payment"]?.integer } }

    /// Waits until whatever was acknowledged stands in the journal: in a database it is taken over soon, and not at once.
    func settle() async throws {
        guard let database else { return }
        try await eventually("accepted reports are taken over into the journal") { try database.acceptedCount() == 0 }
    }

    /// The payments of all records of a kind, once whatever was acknowledged stands in the journal.
    func settledPayments(_ kind: String) async throws -> [Int64] {
        try await settle()
        return try payments(kind)
    }

    /// Runs a command of the same binary on the same directory.
    func run(
        through wrapper: [String] = [], _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> ChildProcess.Result {
        let command = wrapper + [try builtBinary(named: "ecryptopayd")] + arguments
        return try await ChildProcess.run(
            command[0], Array(command.dropFirst()), environment: environment, workingDirectory: directory.path)
    }
}
