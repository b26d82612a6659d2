/// Where settings are read from. Nothing here reads by itself: the caller hands in what is there, and how to read files.
package struct SettingsLayers {
    /// The process environment.
    package var environment: [String: String]
    /// The env file, if one is given.
    package var file: EnvironmentFile?
    /// Reads a file that a `_FILE` key, or `ECRYPTOPAY_CA_FILE`, names.
    package var readFile: (String) throws -> [UInt8]
    /// Whether every user of the machine may read a file; false when that cannot be told.
    package var isReadableByAll: (String) -> Bool
    /// Why a program cannot be run, in the system's words; nil when it can, or when that cannot be told.
    package var programFault: (String) -> String?
    /// Reads a systemd credential by name; nil when there is none of that name.
    package var credential: (String) throws -> [UInt8]?

    package init(
        environment: [String: String], file: EnvironmentFile? = nil,
        readFile: @escaping (String) throws -> [UInt8],
        isReadableByAll: @escaping (String) -> Bool = { _ in false },
        programFault: @escaping (String) -> String? = { _ in nil },
        credential: @escaping (String) throws -> [UInt8]? = { _ in nil }
    ) {
        self.environment = environment
        self.file = file
        self.readFile = readFile
        self.isReadableByAll = isReadableByAll
        self.programFault = programFault
        self.credential = credential
    }

    /// A name's value as it stands in the environment or else in the file.
    func value(of name: String) -> (text: String, origin: Origin)? {
        if let text = environment[name] { return (text, .environment) }
        if let file, let found = file.assignment(of: name) {
            return (found.value, .file(name: file.name, line: found.line))
        }
        return nil
    }

    /// Every name with this program's prefix that is set somewhere, sorted, with the place that counts.
    var prefixedNames: [(name: String, origin: Origin)] {
        let names = Set(environment.keys).union(file?.assignments.map(\.name) ?? [])
        return names.filter { $0.hasPrefix(SettingKey.prefix) }.sorted().compactMap { name in
            value(of: name).map { (name, $0.origin) }
        }
    }
}
