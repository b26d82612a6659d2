#if PostgreSQL
    import SharedLedger

    /// One server address that may be tried.
    ///
    /// libpq tries several by itself, but when it does so it blocks for as long as it takes, and hides the SQLSTATE of a refusal. So
    /// each address is a connection attempt of its own here, in the same order.
    struct HostAttempt: Hashable, Sendable {
        /// The host, address and port keywords, where there are any.
        var host: String?
        var address: String?
        var port: String?

        /// All addresses of all hosts that the keywords name, in order; names are looked up in DNS, as far as it answers in time.
        ///
        /// - Parameter deadline: by the monotonic clock, in nanoseconds.
        /// - Throws: `.configuration` when the lists of hosts and ports do not match, `.unreachable` when no name is known.
        static func all(_ keywords: [String: String], until deadline: Int64) throws(DatabaseFault) -> [HostAttempt] {
            let hosts = list(keywords["host"])
            let addresses = list(keywords["hostaddr"])
            let ports = list(keywords["port"])
            let count = max(hosts.count, addresses.count, 1)
            guard [0, count].contains(hosts.count), [0, count].contains(addresses.count),
                [0, 1, count].contains(ports.count)
            else {
                throw DatabaseFault(
                    kind: .configuration,
                    message: "the ledger's URL has \(count) hosts, but another number of ports or addresses")
            }
            let named = (0..<count).map { index in
                var attempt = HostAttempt()
                attempt.host = hosts.isEmpty ? nil : hosts[index]
                attempt.address = addresses.isEmpty || addresses[index].isEmpty ? nil : addresses[index]
                attempt.port = ports.isEmpty ? nil : ports[ports.count == 1 ? 0 : index]
                return attempt
            }
            // All at once: one name that cannot be looked up must not use up the time of the others.
            let lookups = named.map { attempt in
                attempt.address == nil && attempt.isByName ? attempt.host.map(NameLookup.begin) : nil
            }
            var attempts: [HostAttempt] = []
            var unknown: [String] = []
            for (attempt, lookup) in zip(named, lookups) {
                guard let lookup else {
                    attempts.append(attempt)
                    continue
                }
                do throws(DatabaseFault) {
                    for address in try lookup.addresses(until: deadline) {
                        attempts.append(HostAttempt(host: attempt.host, address: address, port: attempt.port))
                    }
                } catch { unknown.append(error.message) }
            }
            guard !attempts.isEmpty else {
                throw DatabaseFault(kind: .unreachable, message: unknown.joined(separator: "; "))
            }
            return attempts
        }

        /// Neither a socket's directory nor an abstract socket, nor libpq's own default.
        private var isByName: Bool {
            guard let first = host?.first else { return false }
            return first != "/" && first != "@"
        }

        private static func list(_ text: String?) -> [String] {
            guard let text, !text.isEmpty else { return [] }
            return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
#endif
