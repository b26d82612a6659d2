#if PostgreSQL
    import CPostgreSQL
    import SharedLedger

    /// What libpq is told to connect with: keywords and their values.
    struct ConnectionString: Sendable {
        /// What the URL says, by libpq's keywords, decoded.
        let values: [String: String]
        /// What must not show.
        let secrets: Secrets

        /// Takes what somebody else has read from a URL, and every secret in it.
        ///
        /// - Throws: `.configuration`, for what a ledger must not have.
        init(
            parameters: [(keyword: String, value: String)], secrets: some Sequence<String>
        ) throws(DatabaseFault) {
            values = Dictionary(parameters.map { ($0.keyword, $0.value) }) { $1 }
            self.secrets = Secrets(secrets)
            try check()
        }

        /// What libpq's options say.
        private static func read(
            _ options: UnsafeMutablePointer<PQconninfoOption>
        ) -> [(keyword: String, value: String)] {
            var said: [(keyword: String, value: String)] = []
            var option = options
            while let keyword = option.pointee.keyword {
                if let value = option.pointee.val {
                    said.append((String(cString: keyword), String(cString: value)))
                }
                option += 1
            }
            return said
        }

        /// Refuses what a ledger must not have.
        private func check() throws(DatabaseFault) {
            if values["options"]?.lowercased().contains("synchronous_commit") == true {
                throw Self.fault("must not set synchronous_commit: reports are acknowledged once they are committed")
            }
            let target = values["target_session_attrs"] ?? "read-write"
            guard ["read-write", "primary", "any"].contains(target) else {
                throw Self.fault("has target_session_attrs=\(target); the ledger is written, so it must be read-write")
            }
        }

        /// The keywords of a session, with the defaults of a ledger where the URL says nothing.
        ///
        /// A connection whose peer is gone is noticed within a minute, even where nothing is asked of it.
        var keywords: [String: String] {
            let defaults = [
                "application_name": "ecryptopayd", "connect_timeout": "3", "tcp_user_timeout": "10000",
                "keepalives_idle": "10",
                "keepalives_interval": "5", "keepalives_count": "3", "target_session_attrs": "read-write",
            ]
            var all = defaults.merging(values) { $1 }
            all["client_encoding"] = "UTF8"
            // What a service file says, only libpq knows.
            if all["host"] == nil, all["hostaddr"] == nil, all["service"] == nil {
                all.merge(Self.defaultPlace) { said, _ in said }
            }
            return all
        }

        /// Where libpq connects to if it is told no host: `PGHOST` and its like may name one, whose name it would look up by itself, and
        /// wait for as long as that takes.
        private static var defaultPlace: [String: String] {
            guard let options = PQconndefaults() else { return [:] }
            defer { PQconninfoFree(options) }
            let place = read(options).filter { ["host", "hostaddr", "port"].contains($0.keyword) }
            // A port alone is that of libpq's own socket.
            guard place.contains(where: { $0.keyword != "port" }) else { return [:] }
            return Dictionary(place.map { ($0.keyword, $0.value) }) { $1 }
        }

        private static func fault(_ what: String) -> DatabaseFault {
            DatabaseFault(kind: .configuration, message: "the ledger's URL \(what)")
        }
    }
#endif
