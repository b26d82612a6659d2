import HTTP1

/// The URL of a database that keeps the ledger, as libpq reads it. It may hold passwords, so it is shown without.
///
/// Source: PostgreSQL's documentation, "Connection URIs" and "Parameter Key Words" of libpq.
package struct DatabaseURL: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// What it may begin with, before `://`.
    static let schemes: Set<String> = ["postgresql", "postgres"]
    /// The parameters whose values are secrets.
    static let secretKeywords: Set<String> = [
        "password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret",
    ]
    /// What a server's certificate is checked against when nothing else is configured.
    static let systemCAFile = "/etc/ssl/certs/ca-certificates.crt"

    /// What the URL says of each of libpq's parameters, decoded.
    let values: [String: String]
    /// Its secrets as they stand in it, where that differs from what they are.
    let encodedSecrets: Set<String>

    /// Every secret in it, decoded, as it is written and as a URL would spell it, the longest first: none may be shown.
    package var secrets: [String] {
        let decoded = values.filter { Self.secretKeywords.contains($0.key) }.map(\.value)
        return encodedSecrets.union(decoded.flatMap { [$0, PercentEncoding.encoded($0)] }).filter { !$0.isEmpty }
            .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    /// What libpq is to be told, keyword by keyword, secrets included: what the URL says, and for what it does not say
    /// whatever a daemon needs. `caFile` is the bundle to trust instead of the system's.
    ///
    /// A connection is given up after 3 s, and one whose other end is silent after 10 s; only a server that can be written to
    /// is taken; and unless every host is on this machine its certificate must be right. What the URL says of that goes first,
    /// libpq's variables of the environment do not.
    package func exposedParameters(caFile: String?) -> [(keyword: String, value: String)] {
        var parameters = [
            "application_name": "ecryptopayd", "client_encoding": "UTF8", "connect_timeout": "3",
            "tcp_user_timeout": "10000", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
            "target_session_attrs": "read-write",
        ]
        // Without a host, libpq's variables and service files may name one that is elsewhere; a socket takes no notice.
        if values["host"] == nil && values["hostaddr"] == nil || isRemote { parameters["sslmode"] = "verify-full" }
        parameters.merge(values) { $1 }
        if parameters["sslmode"]?.hasPrefix("verify") == true, values["sslrootcert"] == nil {
            parameters["sslrootcert"] = caFile ?? Self.systemCAFile
        }
        return parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The canonical form without secrets, e.g. `postgresql://shop@db1:5433,db2/ecryptopay?sslmode=verify-ca`.
    package var description: String {
        let user = values["user"].map { "\(PercentEncoding.encoded($0))@" } ?? ""
        let database = values["dbname"].map { "/\(PercentEncoding.encoded($0))" } ?? ""
        let authority = hosts.map(\.text).joined(separator: ",")
        let shown = values.filter {
            !Self.secretKeywords.contains($0.key) && !["user", "dbname", "host", "port"].contains($0.key)
        }
        let query = shown.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(PercentEncoding.encoded($0.value, besides: "/:,"))"
        }
        return "postgresql://\(user)\(authority)\(database)\(query.isEmpty ? "" : "?" + query.joined(separator: "&"))"
    }

    /// The form without secrets.
    package var debugDescription: String { description }

    /// Without children, so that `dump` shows no more.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension DatabaseURL {
    /// One of the servers that are tried in turn.
    struct Host {
        /// A name, an address, the directory of a socket, or nothing: libpq's own default.
        let name: String
        /// Nothing: libpq's own default.
        let port: String
        /// Where it is found without a look-up of its name, if that is said.
        let address: String

        var text: String {
            let host = name.contains(":") ? "[\(name)]" : PercentEncoding.encoded(name)
            return port.isEmpty ? host : "\(host):\(port)"
        }

        /// Whether it is on this machine.
        var isLocal: Bool {
            if !address.isEmpty { return APIURL.isLoopback(address) }
            return name.isEmpty || isSocket || APIURL.isLoopback(name)
        }

        /// Whether it is the directory of a socket, or the name of an abstract one.
        var isSocket: Bool { name.hasPrefix("/") || name.hasPrefix("@") }
    }

    /// A list between commas; one entry counts for all.
    func list(_ keyword: String) -> [String] {
        (values[keyword] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// The servers.
    var hosts: [Host] {
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        return (0..<max(names.count, addresses.count)).map { index in
            func entry(_ list: [String]) -> String { list.count == 1 ? list[0] : index < list.count ? list[index] : "" }
            return Host(name: entry(names), port: entry(ports), address: entry(addresses))
        }
    }

    /// Whether what is sent to one of the servers leaves this machine.
    var isRemote: Bool { hosts.contains { !$0.isLocal } }

    /// What is allowed, yet probably not meant; a sentence after the key's name.
    var warning: String? {
        guard isRemote, values["sslmode"] == "verify-ca" else { return nil }
        return "sslmode=verify-ca takes any certificate of a trusted authority for the server's; write verify-full"
    }
}
