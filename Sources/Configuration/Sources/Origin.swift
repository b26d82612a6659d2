/// Where a setting's value comes from.
package enum Origin: Hashable, Sendable, CustomStringConvertible {
    /// It is the default.
    case standard
    /// The process environment.
    case environment
    /// A line of the env file.
    case file(name: String, line: Int)
    /// A file that holds nothing but the value, named by a `_FILE` key, which itself stands somewhere.
    indirect case secretFile(path: String, named: Origin)
    /// A systemd credential.
    case credential(name: String)

    /// The file that the value itself stands in.
    var holder: String? {
        switch self {
        case .file(let name, _): name
        case .secretFile(let path, _): path
        case .standard, .environment, .credential: nil
        }
    }

    /// E.g. `/etc/ecryptopayd/ecryptopayd.env line 3`.
    package var description: String {
        switch self {
        case .standard: "default"
        case .environment: "environment"
        case .file(let name, let line): "\(name) line \(line)"
        case .secretFile(let path, let origin): "file \(path), named in \(origin)"
        case .credential(let name): "credential \(name)"
        }
    }
}
