/// Where the journal is kept.
package enum JournalPlace: Hashable, Sendable, CustomStringConvertible {
    /// In files, in the directory of this path.
    case directory(String)
    /// By a server that speaks PostgreSQL's protocol.
    case database(DatabaseURL)

    /// The path, or the URL without secrets.
    package var description: String {
        switch self {
        case .directory(let path): path
        case .database(let url): url.description
        }
    }

    /// Whether there is a secret in it.
    package var holdsSecret: Bool {
        switch self {
        case .directory: false
        case .database(let url): !url.secrets.isEmpty
        }
    }
}

extension ValueKind<JournalPlace> {
    /// A directory, or a database's URL.
    static var journal: Self { ValueKind(parse: JournalPlace.parse, shown: { $0.description }) }
}

extension JournalPlace {
    @Sendable static func parse(_ text: String) throws(ValueFault) -> JournalPlace {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        if DatabaseURL.schemes.contains(scheme), scheme.utf8.count < text.utf8.count {
            return .database(try DatabaseURL(parsing: text))
        }
        let hint = "write the path of a directory, or postgresql://USER@HOST/DATABASE"
        guard !text.contains("://") else {
            throw ValueFault(problem: "is a URL, and not one of PostgreSQL's", hint: hint)
        }
        guard !Redaction.isDue(text) else {
            throw ValueFault(problem: "looks like a URL or a connection string without a scheme", hint: hint)
        }
        return .directory(try ValueKind<String>.path.parse(text))
    }
}
