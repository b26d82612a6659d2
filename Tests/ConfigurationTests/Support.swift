@testable import Configuration

/// The whole account, so that a test can leave it out of consideration.
let account = [
    "ECRYPTOPAY_CLIENT_ID": "client", "ECRYPTOPAY_CLIENT_SECRET": "s3cr3t-client",
    "ECRYPTOPAY_EMAIL": "shop@example.com",
    "ECRYPTOPAY_PASSWORD": "s3cr3t-password",
]

struct NoSuchFile: Error, CustomStringConvertible {
    let path: String
    var description: String { "open \(path): No such file or directory" }
}

/// Settings from an environment, an env file's text, files and credentials by name.
func read(
    _ environment: [String: String] = [:], file: String? = nil, files: [String: String] = [:],
    credentials: [String: String] = [:], account requirement: Settings.AccountRequirement = .required,
    withAccount: Bool = true, readableByAll: Set<String> = [], programFault: String? = nil
) throws -> Settings {
    let layers = SettingsLayers(
        environment: withAccount ? environment.merging(account) { given, _ in given } : environment,
        file: try file.map { try EnvironmentFile(parsing: Array($0.utf8), named: "x.env") },
        readFile: { path in
            guard let content = files[path] else { throw NoSuchFile(path: path) }
            return Array(content.utf8)
        },
        isReadableByAll: readableByAll.contains, programFault: { _ in programFault },
        credential: { credentials[$0].map { Array($0.utf8) } })
    return try Settings(
        reading: layers, defaultJournal: "/state/journal", defaultAdminSocket: "/state/admin.sock", account: requirement
    )
}

/// The faults of a configuration; none when it is accepted.
func faults(
    _ environment: [String: String] = [:], file: String? = nil, files: [String: String] = [:],
    credentials: [String: String] = [:], account requirement: Settings.AccountRequirement = .required,
    withAccount: Bool = true
) throws -> [ConfigurationFault] {
    do {
        _ = try read(
            environment, file: file, files: files, credentials: credentials, account: requirement,
            withAccount: withAccount)
        return []
    } catch let error as ConfigurationFaults {
        return error.faults
    }
}

extension SettingKey {
    /// The default in its canonical spelling; nil when there is none.
    var defaultText: String? { shown(Settings()) }
}
