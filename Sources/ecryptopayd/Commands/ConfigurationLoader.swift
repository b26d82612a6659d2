import Configuration
import Glibc
import POSIX

/// Reads the configuration from where it is: the process environment, the env file, files of secrets, systemd's credentials.
struct ConfigurationLoader {
    /// Where the package installs the env file and the journal; commands beside the daemon fall back on them.
    static let installedEnvFile = "/etc/ecryptopayd/ecryptopayd.env"
    static let installedJournal = "/var/lib/ecryptopayd/journal"
    /// systemd's, and the daemon's own where that one is not in use.
    static let installedAdminSockets = ["/run/ecryptopayd/admin.sock", "/var/lib/ecryptopayd/admin.sock"]

    private let environment: [String: String]
    private let envFile: String?
    private let isDaemon: Bool
    private let fallsBack: Bool
    /// Why the installed env file does not count, although nothing else is given: it explains what goes wrong without it.
    let obstacle: String?

    /// For `serve`, nothing counts but what it is given; other commands look where the package installs things.
    init(envFile: String?, isDaemon: Bool) {
        environment = Self.processEnvironment()
        self.isDaemon = isDaemon
        let isGiven = envFile != nil || environment.keys.contains { $0.hasPrefix(SettingKey.prefix) }
        fallsBack = !isDaemon && !isGiven
        obstacle = fallsBack ? Self.obstacle(to: Self.installedEnvFile) : nil
        let isInstalled = fallsBack && access(Self.installedEnvFile, R_OK) == 0
        self.envFile = isInstalled ? Self.installedEnvFile : envFile
    }

    private static func obstacle(to file: String) -> String? {
        guard (try? FileCalls.requireAccess(F_OK, to: file)) != nil else { return nil }
        do throws(SystemError) { try FileCalls.requireAccess(R_OK, to: file) } catch {
            guard error.errno == EACCES else { return nil }
            return "\(file) is there, but this user may not read it: run as root or join the group ecryptopayd"
        }
        return nil
    }

    /// Reads and checks all of it.
    func load(account: Settings.AccountRequirement) throws -> Settings {
        let file = try envFile.map { path in
            guard !Redaction.isDue(path) else {
                throw CommandFailure(.configuration, "--env-file looks like a URL; hint: name a file")
            }
            do {
                return try EnvironmentFile(parsing: try FileCalls.read(path), named: path)
            } catch let error as SystemError {
                throw CommandFailure(
                    .configuration,
                    "--env-file \(path) cannot be read (\(error.reason)); correct the path or its permissions")
            } catch let faults as ConfigurationFaults {
                throw CommandFailure(.configuration, "the configuration is faulty:\n\(faults)")
            }
        }
        let layers = SettingsLayers(
            environment: environment, file: file, readFile: { try FileCalls.read($0) },
            isReadableByAll: { (try? FileCalls.isReadableByAll($0)) ?? false },
            programFault: Self.programFault, credential: credential)
        do {
            return try Settings(
                reading: layers, defaultJournal: defaultJournal, defaultAdminSocket: defaultAdminSocket,
                account: account)
        } catch {
            let obstacle = obstacle.map { "\($0). Without it " } ?? ""
            throw CommandFailure(.configuration, "\(obstacle)the configuration is faulty:\n\(error)")
        }
    }

    private var defaultJournal: String {
        if let state = serviceDirectory("STATE_DIRECTORY") { return "\(state)/journal" }
        if !isDaemon, access(Self.installedJournal, F_OK) == 0 { return Self.installedJournal }
        return "./journal"
    }

    /// A socket has permissions, and an address has none.
    private var defaultAdminSocket: String? {
        if let own = serviceDirectory("RUNTIME_DIRECTORY") ?? serviceDirectory("STATE_DIRECTORY") {
            return "\(own)/admin.sock"
        }
        // Only where nothing is configured: who names a file of his own does not mean the package's daemon.
        return fallsBack ? Self.installedAdminSockets.first { access($0, F_OK) == 0 } : nil
    }

    /// systemd separates several directories by colons; the first is the service's own.
    private func serviceDirectory(_ name: String) -> Substring? { environment[name]?.split(separator: ":").first }

    private static func programFault(_ path: String) -> String? {
        do throws(SystemError) { try FileCalls.requireProgram(path) } catch { return error.reason }
        return nil
    }

    private func credential(_ name: String) throws -> [UInt8]? {
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        do {
            return try FileCalls.read("\(directory)/\(name)")
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    private static func processEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let assignment = entry.pointee {
            let text = String(cString: assignment)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }
}
