/// Reads layers into settings, and gathers every fault on the way.
struct SettingsReader {
    private let layers: SettingsLayers
    private var settings = Settings()
    private var faults: [ConfigurationFault] = []

    init(_ layers: SettingsLayers, defaultJournal: String, defaultAdminSocket: String?) {
        self.layers = layers
        settings.journal = .directory(defaultJournal)
        // Where the path is too long for a socket, the address stays.
        if let defaultAdminSocket, let address = try? ListenAddress.parse("unix:\(defaultAdminSocket)") {
            settings.adminListen = [address]
        }
    }

    /// Goes through the table once, then looks at what the table does not know.
    mutating func read(account: Settings.AccountRequirement) throws(ConfigurationFaults) -> Settings {
        refuseUnknownNames()
        for key in SettingKey.all { read(key) }
        // What a command does not need may be a credential of the service's.
        if account != .unused { requireAccount(account) }
        verifyForwarding(needsSecret: account != .unused)
        verifyCAFile()
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        warn()
        return settings
    }

    private mutating func refuseUnknownNames() {
        for (name, origin) in layers.prefixedNames where !SettingKey.knownNames.contains(name) {
            let plain =
                name.hasSuffix(SettingKey.fileSuffix) ? String(name.dropLast(SettingKey.fileSuffix.count)) : name
            if plain != name, SettingKey.all.contains(where: { $0.name == plain }) {
                fault(name, origin, "only a secret may stand in a file", "set \(plain) itself")
            } else {
                let nearest = SettingKey.nearest(to: name)
                fault(nearest.shown, origin, "there is no such key", "did you mean \(nearest.name)?")
            }
        }
    }

    private mutating func read(_ key: SettingKey) {
        settings.origins[key.name] = .standard
        guard let (text, origin) = text(of: key) else { return }
        settings.origins[key.name] = origin
        if text.isEmpty {
            return fault(
                key.name, origin, "is empty", key.isAccount ? "give it a value" : "give it a value, or remove the line")
        }
        do {
            try key.assign(text, &settings)
        } catch {
            fault(key.name, origin, error.sentence(value: text, hidden: key.isSecret), error.hint)
        }
    }

    /// The text that counts for a key; nil when it is not set, or when there was a fault.
    private mutating func text(of key: SettingKey) -> (String, Origin)? {
        let layers = layers
        let direct = layers.value(of: key.name)
        guard let fileKey = key.fileKey, let credential = key.credential else { return direct }
        let indirect = layers.value(of: fileKey)
        if let direct, let indirect {
            fault(key.name, direct.origin, "stands beside \(fileKey) (\(indirect.origin))", "remove one of the two")
            return nil
        }
        if let direct { return direct }
        if let (path, origin) = indirect {
            guard path.hasPrefix("/"), !Redaction.isDue(path) else {
                // Not shown: it may be the secret itself under the wrong key.
                fault(fileKey, origin, "is not an absolute path", "write the path of a file that holds the value")
                return nil
            }
            return content(fileKey, .secretFile(path: path, named: origin)) { try layers.readFile(path) }
        }
        return content(key.name, .credential(name: credential)) { try layers.credential(credential) }
    }

    /// What a file or credential holds, without the line end that editors and `echo` put there.
    private mutating func content(_ key: String, _ origin: Origin, _ read: () throws -> [UInt8]?) -> (String, Origin)? {
        let bytes: [UInt8]
        do {
            guard let found = try read() else { return nil }
            bytes = found
        } catch {
            fault(key, origin, "cannot be read (\(error))", "correct the path or its permissions")
            return nil
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            fault(key, origin, "the content is not UTF-8", "write the value there and nothing else")
            return nil
        }
        // CR LF is one Character.
        if let last = text.last, last == "\n" || last == "\r\n" { text.removeLast() }
        return (text, origin)
    }

    private mutating func requireAccount(_ requirement: Settings.AccountRequirement) {
        let keys = SettingKey.all.filter(\.isAccount)
        let absent = keys.filter { settings.origins[$0.name] == .standard }
        if requirement == .optional && absent.count == keys.count { return }
        // A key whose file or credential could not be read is not absent, and has its fault already.
        for key in absent where !faults.contains(where: { $0.key == key.name || $0.key == key.fileKey }) {
            let others = key.fileKey.map { ", \($0)=/path or the credential \(key.credential ?? "")" } ?? ""
            faults.append(
                ConfigurationFault(
                    key: key.name, place: key.name, problem: "is required (\(key.meaning)), and is not set",
                    hint: "set \(key.name)\(others)"))
        }
    }

    private mutating func verifyForwarding(needsSecret: Bool) {
        if let path = settings.forwardExec, !path.hasPrefix("/"),
            let origin = settings.origins["ECRYPTOPAY_FORWARD_EXEC"]
        {
            fault(
                "ECRYPTOPAY_FORWARD_EXEC", origin, "\"\(path)\" is not an absolute path",
                "write the program's whole path, without arguments")
        }
        let urls = settings.forwardURLs
        guard !urls.isEmpty, let origin = settings.origins["ECRYPTOPAY_FORWARD_URLS"] else { return }
        if Set(urls.map(\.name)).count < urls.count {
            fault(
                "ECRYPTOPAY_FORWARD_URLS", origin, "has two URLs that differ in the query only",
                "give them different paths: by these the journal tells them apart")
        }
        let key = "ECRYPTOPAY_FORWARD_SECRET"
        if needsSecret, settings.forwardSecret == nil,
            !faults.contains(where: { $0.key == key || $0.key == key + "_FILE" })
        {
            faults.append(
                ConfigurationFault(
                    key: key, place: key, problem: "is required with ECRYPTOPAY_FORWARD_URLS, and is not set",
                    hint: "set it to whsec_ and what \"openssl rand -base64 32\" prints, and tell the application"))
        }
    }

    /// The file is read now, since otherwise every API call would fail later.
    private mutating func verifyCAFile() {
        let name = "ECRYPTOPAY_CA_FILE"
        guard let path = settings.caFile, let origin = settings.origins[name] else { return }
        do {
            let text = String(decoding: try layers.readFile(path), as: UTF8.self)
            if text.contains("-----BEGIN CERTIFICATE-----") || text.contains("-----BEGIN TRUSTED CERTIFICATE-----") {
                return
            }
            fault(name, origin, "\"\(path)\" holds no certificate", "name a bundle in PEM form")
        } catch {
            fault(name, origin, "cannot be read (\(error))", "correct the path or its permissions")
        }
    }

    private mutating func fault(_ key: String, _ origin: Origin, _ problem: String, _ hint: String) {
        faults.append(ConfigurationFault(key: key, place: "\(key) (\(origin))", problem: problem, hint: hint))
    }
}

// What is allowed, yet probably not meant.
extension SettingsReader {
    private mutating func warn() {
        warnOfGuessablePaths()
        warnOfReadableSecrets()
        warnOfMissingProgram()
        warnOfDatabase()
        if settings.adminToken == nil, let address = settings.adminListen.first(where: \.isTCP) {
            settings.warnings.append("ECRYPTOPAY_ADMIN_LISTEN: \(ListenAddress.warning(ofOpen: address.description))")
        }
        for url in settings.forwardURLs where url.isReadableOnTheWay {
            settings.warnings.append(
                "ECRYPTOPAY_FORWARD_URLS: \(url.name) is delivered to without TLS, and can be read on the way")
        }
        guard let file = layers.file else { return }
        warnOfRepeatedNames(in: file)
        warnOfMisspelledPrefixes(in: file)
    }

    private mutating func warnOfGuessablePaths() {
        for (index, path) in settings.webhookPaths.enumerated() where path.isGuessable {
            settings.warnings.append(
                "ECRYPTOPAY_WEBHOOK_PATHS: path \(index + 1) (\(path)) can be guessed, and whoever knows it can send forged"
                    + " reports; end it with a random part, e.g. from openssl rand -hex 16")
        }
    }

    /// Each file is named once, with the keys whose values stand in it.
    private mutating func warnOfReadableSecrets() {
        var keys: [(file: String, names: [String])] = []
        for key in SettingKey.all where key.holdsSecret(settings) {
            guard let file = settings.origins[key.name]?.holder, layers.isReadableByAll(file) else { continue }
            if let index = keys.firstIndex(where: { $0.file == file }) {
                keys[index].names.append(key.name)
            } else {
                keys.append((file, [key.name]))
            }
        }
        for (file, names) in keys {
            settings.warnings.append(
                "\(names.joined(separator: ", ")): every user of this machine may read \(file); run chmod 0640 \(file), and"
                    + " give it to root and the daemon's group")
        }
    }

    /// It is no fault: the program may be installed later, and until then what is for it waits.
    private mutating func warnOfMissingProgram() {
        guard let path = settings.forwardExec, let fault = layers.programFault(path) else { return }
        settings.warnings.append(
            "ECRYPTOPAY_FORWARD_EXEC: \(path) cannot be run (\(fault)), and nothing is delivered to it until it is a file that the"
                + " daemon's user may execute")
    }

    private mutating func warnOfDatabase() {
        guard case .database(let url) = settings.journal else { return }
        if let warning = url.warning { settings.warnings.append("ECRYPTOPAY_JOURNAL: \(warning)") }
        if settings.origins["ECRYPTOPAY_MIN_FREE_BYTES"] != .standard {
            settings.warnings.append(
                "ECRYPTOPAY_MIN_FREE_BYTES: does not count, since nobody tells how much room a database has; watch its server's"
                    + " disk, and set ECRYPTOPAY_JOURNAL_KEEP")
        }
        if settings.origins["ECRYPTOPAY_SCRUB"] != .standard {
            settings.warnings.append("ECRYPTOPAY_SCRUB: does not count, since a database looks after its own files")
        }
    }

    private mutating func warnOfRepeatedNames(in file: EnvironmentFile) {
        var lines: [String: Int] = [:]
        for assignment in file.assignments where assignment.name.hasPrefix(SettingKey.prefix) {
            if let earlier = lines[assignment.name] {
                settings.warnings.append(
                    "\(assignment.name): \(file.name) line \(assignment.line) replaces line \(earlier)")
            }
            lines[assignment.name] = assignment.line
        }
    }

    private mutating func warnOfMisspelledPrefixes(in file: EnvironmentFile) {
        for other in file.others {
            let nearest = SettingKey.nearest(to: other.name.uppercased())
            guard nearest.distance <= 2 else { continue }
            settings.warnings.append(
                "\(other.name): \(file.name) line \(other.line) is ignored; did you mean \(nearest.name)?")
        }
    }
}

extension Settings {
    /// Reads and checks a whole configuration.
    ///
    /// For each key the first of these that has it counts: the process environment, the env file (each either with the key
    /// or, for a secret, with its `_FILE` key, whose file's content counts without the line end), the systemd credential
    /// (secrets only), the default. A key beside its own `_FILE` key is a fault wherever the two stand.
    ///
    /// - Parameters:
    ///   - layers: where to read.
    ///   - defaultJournal: the journal's directory when none is configured.
    ///   - defaultAdminSocket: the path of the admin side's socket when no address is configured; nil for a TCP address.
    ///   - account: whether the account's keys must be there.
    /// - Throws: every fault at once. None shows a secret.
    package init(
        reading layers: SettingsLayers, defaultJournal: String, defaultAdminSocket: String? = nil,
        account: AccountRequirement
    ) throws(ConfigurationFaults) {
        var reader = SettingsReader(layers, defaultJournal: defaultJournal, defaultAdminSocket: defaultAdminSocket)
        self = try reader.read(account: account)
    }
}
