import HTTP1

// Read as libpq reads it, so that both see the same host and the same password in one text.
extension DatabaseURL {
    /// Reads a URL; its faults hold nothing of it.
    init(parsing text: String) throws(ValueFault) {
        guard !text.holdsControlCharacter else {
            throw Self.fault("holds a control character or more than one line", "write it on one line, percent-encoded")
        }
        guard let separator = text.firstRange(of: "://") else {
            throw Self.fault("has no // behind its scheme", Self.form)
        }
        var parser = Parser()
        var rest = text[separator.upperBound...]
        if let end = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[end] == "@" {
            try parser.takeUser(rest[..<end])
            rest = rest[rest.index(after: end)...]
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        try parser.takeHosts(rest[..<end])
        rest = rest[end...]
        let query = rest.firstIndex(of: "?") ?? rest.endIndex
        if rest.hasPrefix("/") { try parser.take("dbname", rest[rest.index(after: end)..<query]) }
        if query < rest.endIndex { try parser.takeQuery(rest[rest.index(after: query)...]) }
        self.init(values: parser.values, encodedSecrets: parser.encodedSecrets)
        try refuseMistakes()
    }

    static let form = "write postgresql://USER@HOST/DATABASE"
    private static let encoding = "write %2F for a / in a password, %40 for an @, %25 for a %"

    static func fault(_ problem: String, _ hint: String) -> ValueFault {
        ValueFault(problem: problem, hint: hint, showsValue: false)
    }

    private struct Parser {
        var values: [String: String] = [:]
        var encodedSecrets: Set<String> = []

        /// Takes what is written of one parameter, unless that is nothing; what comes later counts.
        mutating func take(_ keyword: String, _ written: Substring) throws(ValueFault) {
            let value = try decoded(written)
            if value.isEmpty { return }
            values[keyword] = value
            if DatabaseURL.secretKeywords.contains(keyword), value != written { encodedSecrets.insert(String(written)) }
        }

        mutating func takeUser(_ text: Substring) throws(ValueFault) {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            try take("user", text[..<colon])
            if colon < text.endIndex { try take("password", text[text.index(after: colon)...]) }
        }

        mutating func takeHosts(_ text: Substring) throws(ValueFault) {
            var names: [String] = []
            var ports: [String] = []
            for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
                var rest = piece
                if piece.hasPrefix("[") {
                    guard let close = piece.firstIndex(of: "]") else {
                        throw DatabaseURL.fault("has a [ without a ]", "write an IPv6 address as [::1]")
                    }
                    let address = piece[piece.index(after: piece.startIndex)..<close]
                    guard address.contains(":") else {
                        throw DatabaseURL.fault("has no IPv6 address between its brackets", "write it as [::1]")
                    }
                    names.append(try decoded(address))
                    rest = piece[piece.index(after: close)...]
                    guard rest.isEmpty || rest.hasPrefix(":") else {
                        throw DatabaseURL.fault("has something behind a ]", "write a colon and the port, or nothing")
                    }
                } else {
                    let end = piece.firstIndex(of: ":") ?? piece.endIndex
                    names.append(try decoded(piece[..<end]))
                    rest = piece[end...]
                }
                ports.append(try decoded(rest.dropFirst()))
            }
            if names != [""] { values["host"] = names.joined(separator: ",") }
            if ports.contains(where: { !$0.isEmpty }) { values["port"] = ports.joined(separator: ",") }
        }

        mutating func takeQuery(_ text: Substring) throws(ValueFault) {
            for parameter in text.split(separator: "&") {
                let sides = parameter.split(separator: "=", omittingEmptySubsequences: false)
                guard sides.count == 2 else {
                    throw DatabaseURL.fault(
                        "has a query that is not made of KEYWORD=VALUE", "write %3D for a = in a value, %26 for an &")
                }
                var keyword = try decoded(sides[0])
                var value = sides[1]
                // libpq's own courtesy to those who come from JDBC.
                if keyword == "ssl", value == "true" { (keyword, value) = ("sslmode", "require") }
                guard DatabaseURL.keywords.contains(keyword) else {
                    throw DatabaseURL.fault(
                        "has a parameter in its query that libpq does not know", "write only those that it documents")
                }
                values[keyword] = nil
                try take(keyword, value)
            }
        }

        private func decoded(_ text: Substring) throws(ValueFault) -> String {
            guard let bytes = PercentEncoding.decoded(text.utf8),
                let decoded = String(validating: bytes, as: UTF8.self), !decoded.holdsControlCharacter
            else {
                throw DatabaseURL.fault(
                    "has a percent sign that does not encode a character", DatabaseURL.encoding)
            }
            return decoded
        }
    }
}

extension DatabaseURL {
    /// The parameters that libpq documents, up to version 18.
    fileprivate static let keywords: Set<String> = secretKeywords.union([
        "host", "hostaddr", "port", "dbname", "user", "passfile", "require_auth", "channel_binding", "connect_timeout",
        "client_encoding", "options", "application_name", "fallback_application_name", "keepalives", "keepalives_idle",
        "keepalives_interval", "keepalives_count", "tcp_user_timeout", "gssencmode", "sslmode", "sslnegotiation",
        "sslcompression", "sslcert", "sslkey", "sslcertmode", "sslrootcert", "sslcrl", "sslcrldir", "sslsni",
        "sslkeylogfile", "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version",
        "min_protocol_version", "max_protocol_version", "krbsrvname", "gsslib", "gssdelegation", "service",
        "servicefile", "target_session_attrs", "load_balance_hosts", "oauth_issuer", "oauth_client_id", "oauth_scope",
    ])

    /// From no protection to all of it.
    private static let sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    private func refuseMistakes() throws(ValueFault) {
        try refuseLists()
        for host in hosts { try refuse(host) }
        if let mode = values["sslmode"], !Self.sslModes.contains(mode) {
            throw Self.fault("has an sslmode that libpq does not know", "write sslmode=verify-full, or leave it out")
        }
        if isRemote, let mode = values["sslmode"], !mode.hasPrefix("verify-") {
            throw Self.fault(
                "has an sslmode that does not prove the server's identity, since its host is not on this machine",
                "write sslmode=verify-full, or leave it out")
        }
        // In options a backslash escapes, and PostgreSQL takes a hyphen in a name for an underscore.
        let options = (values["options"] ?? "").lowercased().filter { $0 != "\\" }.map { $0 == "-" ? "_" : $0 }
        if String(options).contains("synchronous_commit") {
            throw Self.fault(
                "names synchronous_commit in its options", "remove it: what is acknowledged must have been committed")
        }
        if let encoding = values["client_encoding"], !["utf8", "utf_8", "utf-8"].contains(encoding.lowercased()) {
            throw Self.fault("has a client_encoding that is not UTF8", "leave it out")
        }
    }

    /// Where there are several servers, each has its port, or all have the same.
    private func refuseLists() throws(ValueFault) {
        let count = hosts.count
        for keyword in ["host", "hostaddr", "port"] where values[keyword] != nil {
            let entries = list(keyword).count
            guard entries == count || (keyword == "port" && entries == 1) else {
                throw Self.fault("names more or fewer of \(keyword) than of its servers", "write one for each")
            }
        }
        for port in list("port") where !port.isEmpty {
            guard let number = port.decimalNumber, (1...65535).contains(number) else {
                throw Self.fault(
                    "has a port that is not a number from 1 to 65535", "correct it or leave it out; \(Self.encoding)")
            }
        }
    }

    private func refuse(_ host: Host) throws(ValueFault) {
        let hint = "write a name, an address, or a socket's directory with %2F for each /; \(Self.encoding)"
        let isAddress = { (text: String) in
            // A zone may follow.
            IPAddress(version4: text) != nil || IPAddress(version6: text.prefix { $0 != "%" }) != nil
        }
        if !host.address.isEmpty, !isAddress(host.address) {
            throw Self.fault("has a hostaddr that is no IP address", "write an address, or host instead")
        }
        if host.name.isEmpty || host.isSocket { return }
        let isName = host.name.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-._".utf8.contains($0) }
        guard isName || isAddress(host.name) else {
            throw Self.fault("has a host that is no name and no address", hint)
        }
    }
}
