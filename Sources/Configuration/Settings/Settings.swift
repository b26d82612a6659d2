/// Everything the program can be told, read and checked.
///
/// The initial values below are the defaults; `SettingKey.all` says which key sets which property and within which bounds.
/// Printing it shows no secret.
package struct Settings: Hashable, Sendable {
    /// Whether the account's keys must be there.
    package enum AccountRequirement: Hashable, Sendable {
        /// All four, as `serve` and `check` need them.
        case required
        /// All four or none, as `sandbox` takes them.
        case optional
        /// None, and no other secret: some may be where only the service can read them.
        case unused
    }

    /// The account's client id.
    package internal(set) var clientID: String?
    /// The account's client secret.
    package internal(set) var clientSecret: Secret?
    /// The account's e-mail address.
    package internal(set) var email: String?
    /// The account's password.
    package internal(set) var password: Secret?
    /// The API's base URL.
    package internal(set) var apiURL = APIURL.documented
    /// The paths that accept webhooks, at least one.
    package internal(set) var webhookPaths = [WebhookPath.standard]
    /// Where the public side listens, at least one address, unless systemd passes sockets.
    package internal(set) var listen = [ListenAddress.tcp(host: "127.0.0.1", port: 8723)]
    /// Where the admin side listens, unless systemd passes a socket for it; empty for nowhere.
    package internal(set) var adminListen = [ListenAddress.tcp(host: "127.0.0.1", port: 8724)]
    /// What whoever asks the admin side over TCP must know; nil when anybody on this machine may ask.
    package internal(set) var adminToken: Secret?
    /// Where the journal is kept.
    package internal(set) var journal = JournalPlace.directory("./journal")
    /// Bytes after which a new segment begins.
    package internal(set) var journalSegmentBytes = 67_108_864
    /// How old settled segments grow before they are dropped; zero for never.
    package internal(set) var journalKeep = Duration.zero
    /// How long a whole round of reading the segments of a journal in files takes that are closed; zero for never.
    package internal(set) var scrub = Duration.seconds(7 * 24 * 3600)
    /// Free bytes on the disk of a journal in files below which webhooks are answered 503.
    package internal(set) var minFreeBytes = 67_108_864
    /// The largest body of a request, in bytes.
    package internal(set) var maxBodyBytes = 16_384
    /// Open connections beyond which accepting waits.
    package internal(set) var maxConnections = 1024
    /// How long a whole request may take to arrive.
    package internal(set) var requestTimeout = Duration.seconds(10)
    /// How long a kept-alive connection may stay without a request.
    package internal(set) var idleTimeout = Duration.seconds(75)
    /// How long one API call may take.
    package internal(set) var apiTimeout = Duration.seconds(10)
    /// A PEM bundle to trust instead of the system's.
    package internal(set) var caFile: String?
    /// API calls at once.
    package internal(set) var confirmConcurrency = 4
    /// Re-fetches a second for ids never confirmed, and as many again for the others.
    package internal(set) var confirmRate = 10
    /// Ids never confirmed that may wait.
    package internal(set) var maxPending = 100_000
    /// How long unknown is retried.
    package internal(set) var confirmWindow = Duration.seconds(72 * 3600)
    /// From one listing of all payments to the next; zero for the baseline and on request only.
    package internal(set) var reconcileInterval = Duration.seconds(300)
    /// How long one listing may take.
    package internal(set) var listTimeout = Duration.seconds(60)
    /// The most bytes that one listing may have.
    package internal(set) var listMaxBytes = 67_108_864
    /// Where confirmed news are delivered.
    package internal(set) var forwardURLs: [ForwardURL] = []
    /// A program that gets each delivery on its standard input.
    package internal(set) var forwardExec: String?
    /// What deliveries are signed with.
    package internal(set) var forwardSecret: SigningKeys?
    /// How much is logged.
    package internal(set) var logLevel = LogLevel.info

    /// Where each value comes from, by the key's name.
    package internal(set) var origins: [String: Origin] = [:]
    /// What is allowed, yet probably not meant; each a sentence that names its key.
    package internal(set) var warnings: [String] = []

    /// The defaults.
    package init() {}

    /// The account, when all four keys are set.
    package var account: Account? {
        guard let clientID, let clientSecret, let email, let password else { return nil }
        return Account(clientID: clientID, clientSecret: clientSecret, email: email, password: password)
    }
}
