/// One key of the configuration: its name, meaning, bounds, and the property that it sets.
///
/// `all` is the one table of keys: reading, checking, `check`'s print-out, the search for the nearest key and the
/// documentation all go by it. A new key is a property of `Settings`, which holds its default, and a row here.
package struct SettingKey: Sendable {
    /// What every key begins with.
    package static let prefix = "ECRYPTOPAY_"
    /// What the name of a key ends with when its value is the path of a file that holds the value.
    static let fileSuffix = "_FILE"

    /// The whole name, e.g. `ECRYPTOPAY_LISTEN`.
    package let name: String
    /// What it sets, on one line.
    package let meaning: String
    /// Whether its value, or a part of it, must not be shown. Such a value may also stand in a file or a credential.
    package let isSecret: Bool
    /// Whether the same is true of some values; what may be shown of those that are refused is for its kind to say.
    package let mayBeSecret: Bool
    /// Whether it belongs to the account, whose keys have no default.
    package let isAccount: Bool
    /// Whether another value takes effect after a restart only.
    package let needsRestart: Bool

    /// Reads a text and stores the value.
    let assign: @Sendable (String, inout Settings) throws(ValueFault) -> Void
    /// The value in its canonical spelling, secrets redacted; nil when it is not set.
    let shown: @Sendable (Settings) -> String?
    /// Whether the value holds a secret.
    let holdsSecret: @Sendable (Settings) -> Bool
    /// Whether two settings agree on this key.
    let agrees: @Sendable (Settings, Settings) -> Bool

    init<Value>(
        _ suffix: String, _ property: any WritableKeyPath<Settings, Value> & Sendable, _ kind: ValueKind<Value>,
        _ meaning: String, isSecret: Bool = false, isAccount: Bool = false, needsRestart: Bool = false
    ) {
        name = Self.prefix + suffix
        self.meaning = meaning
        self.isSecret = isSecret
        self.isAccount = isAccount
        self.needsRestart = needsRestart
        assign = { (text, settings) throws(ValueFault) in settings[keyPath: property] = try kind.parse(text) }
        shown = { kind.shown($0[keyPath: property]) }
        mayBeSecret = isSecret
        holdsSecret = { _ in isSecret }
        agrees = { $0[keyPath: property] == $1[keyPath: property] }
    }

    /// Where the journal is: a URL may hold a password, and may get another one without a restart.
    init(
        _ suffix: String, _ property: any WritableKeyPath<Settings, JournalPlace> & Sendable,
        _ kind: ValueKind<JournalPlace>, _ meaning: String
    ) {
        name = Self.prefix + suffix
        self.meaning = meaning
        isSecret = false
        isAccount = false
        needsRestart = true
        assign = { (text, settings) throws(ValueFault) in settings[keyPath: property] = try kind.parse(text) }
        shown = { kind.shown($0[keyPath: property]) }
        mayBeSecret = true
        holdsSecret = { $0[keyPath: property].holdsSecret }
        agrees = { $0[keyPath: property].description == $1[keyPath: property].description }
    }

    /// The same for a property that is nil while the key is not set.
    init<Value>(
        _ suffix: String, _ property: any WritableKeyPath<Settings, Value?> & Sendable, _ kind: ValueKind<Value>,
        _ meaning: String, isSecret: Bool = false, isAccount: Bool = false
    ) {
        self.init(suffix, property, kind.optional, meaning, isSecret: isSecret, isAccount: isAccount)
    }

    /// The key whose value is the path of a file that holds this one's value; nil for keys without secrets.
    package var fileKey: String? { mayBeSecret ? name + Self.fileSuffix : nil }

    /// What systemd's credential with this one's value is called; nil for keys without secrets.
    package var credential: String? { mayBeSecret ? name.dropFirst(Self.prefix.count).lowercased() : nil }

    /// Every key the program knows, in the order in which they are documented.
    package static let all: [SettingKey] = [
        SettingKey("CLIENT_ID", \.clientID, .text, "the account's client id", isAccount: true),
        SettingKey(
            "CLIENT_SECRET", \.clientSecret, .secret, "the account's client secret", isSecret: true,
            isAccount: true),
        SettingKey("EMAIL", \.email, .email, "the account's e-mail address", isAccount: true),
        SettingKey(
            "PASSWORD", \.password, .secret, "the account's password", isSecret: true, isAccount: true),
        SettingKey("API_URL", \.apiURL, .apiURL, "the API's base URL; http only for a loopback address"),
        SettingKey(
            "WEBHOOK_PATHS", \.webhookPaths, .list(of: .webhookPath, atMost: 64),
            "the paths that accept webhooks, comma-separated", isSecret: true),
        SettingKey(
            "LISTEN", \.listen, .list(of: .listenAddress, atMost: 64),
            "HOST:PORT, [::1]:PORT or unix:/path, comma-separated; sockets passed by systemd win", needsRestart: true),
        SettingKey(
            "ADMIN_LISTEN", \.adminListen, .adminAddresses,
            "likewise for status, metrics and the operator's commands; loopback addresses and Unix sockets only; off",
            needsRestart: true),
        SettingKey(
            "ADMIN_TOKEN", \.adminToken, .token, "what whoever asks the admin side over TCP must know", isSecret: true),
        SettingKey("JOURNAL", \.journal, .journal, "the journal's directory, or postgresql://USER@HOST/DATABASE"),
        SettingKey(
            "JOURNAL_SEGMENT_BYTES", \.journalSegmentBytes, .number(of: "bytes", in: 1024...1_099_511_627_776),
            "a new segment after that many bytes", needsRestart: true),
        SettingKey(
            "JOURNAL_KEEP", \.journalKeep, .durationOrZero(in: .milliseconds(1) ... .seconds(100 * 8766 * 3600)),
            "drop settled segments older than that, e.g. 90d; 0: never"),
        SettingKey(
            "SCRUB", \.scrub, .durationOrZero(in: .seconds(1) ... .seconds(8760 * 3600)),
            "a whole round of reading the journal at rest, to find bit rot; 0: never; not with a database"),
        SettingKey(
            "MIN_FREE_BYTES", \.minFreeBytes, .number(of: "bytes", in: 0...1_152_921_504_606_846_976),
            "below that much free disk: 503; not with a database"),
        SettingKey(
            "MAX_BODY_BYTES", \.maxBodyBytes, .number(of: "bytes", in: 64...262_144), "a larger body is answered 413"),
        SettingKey(
            "MAX_CONNECTIONS", \.maxConnections, .number(of: "connections", in: 1...100_000),
            "beyond, accepting waits"),
        SettingKey(
            "REQUEST_TIMEOUT", \.requestTimeout, .duration(in: .milliseconds(10) ... .seconds(600)),
            "a whole request must have arrived within"),
        SettingKey(
            "IDLE_TIMEOUT", \.idleTimeout, .duration(in: .milliseconds(10) ... .seconds(24 * 3600)),
            "how long a kept-alive connection may stay without a request"),
        SettingKey(
            "API_TIMEOUT", \.apiTimeout, .duration(in: .milliseconds(10) ... .seconds(600)), "one API call"),
        SettingKey("CA_FILE", \.caFile, .path, "a PEM bundle to trust instead of the system's"),
        SettingKey(
            "CONFIRM_CONCURRENCY", \.confirmConcurrency, .number(of: "API calls", in: 1...64), "API calls at once"),
        SettingKey(
            "CONFIRM_RATE", \.confirmRate, .number(of: "re-fetches a second", in: 1...10_000),
            "re-fetches a second for ids never confirmed before, and as many again for the others"),
        SettingKey(
            "MAX_PENDING", \.maxPending, .number(of: "ids", in: 1...10_000_000),
            "ids never confirmed that may wait; beyond: 503"),
        SettingKey(
            "CONFIRM_WINDOW", \.confirmWindow, .duration(in: .seconds(1) ... .seconds(8760 * 3600)),
            "how long unknown is retried before it is set aside"),
        SettingKey(
            "RECONCILE_INTERVAL", \.reconcileInterval, .durationOrZero(in: .seconds(1) ... .seconds(8760 * 3600)),
            "list all payments that often; 0: only for the baseline and on request"),
        SettingKey(
            "LIST_TIMEOUT", \.listTimeout, .duration(in: .milliseconds(10) ... .seconds(3600)), "one listing"),
        SettingKey(
            "LIST_MAX_BYTES", \.listMaxBytes, .number(of: "bytes", in: 1024...1_099_511_627_776),
            "a larger listing is refused"),
        SettingKey(
            "FORWARD_URLS", \.forwardURLs, .list(of: .forwardURL, atMost: 16),
            "where confirmed payments are delivered, comma-separated", isSecret: true),
        SettingKey(
            "FORWARD_EXEC", \.forwardExec, .path, "a program that gets each delivery on its standard input"),
        SettingKey(
            "FORWARD_SECRET", \.forwardSecret, .signingKey, "what deliveries are signed with: whsec_ and base64",
            isSecret: true),
        SettingKey("LOG_LEVEL", \.logLevel, .logLevel, "how much is logged"),
    ]

    /// Every name that may be set: the keys, and the `_FILE` keys of secrets.
    static let knownNames: [String] = all.flatMap { [$0.name] + ($0.fileKey.map { [$0] } ?? []) }

    /// The known name that `name` begins with or else differs least from, by how many letters, and what may be shown of `name`: all of it
    /// where it is misspelled; where more differs, a secret may stand in it without the equals sign, and only what both begin with.
    static func nearest(to name: String) -> (name: String, distance: Int, shown: String) {
        let beginnings = knownNames.filter { name.hasPrefix($0) }
        var best = (name: knownNames[0], distance: Int.max)
        for known in beginnings.isEmpty ? knownNames : beginnings {
            let distance = editDistance(name, known)
            if distance < best.distance { best = (known, distance) }
        }
        let common = zip(best.name, name).prefix { $0.lowercased() == $1.lowercased() }.count
        let shown = best.distance <= 2 || common == name.count ? name : name.prefix(common) + "…"
        return (best.name, best.distance, shown)
    }
}
