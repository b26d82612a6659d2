#if PostgreSQL
    import Dispatch
    import Glibc
    import POSIX
    import SharedLedger
    import Synchronization

    /// A name that is being looked up.
    private final class Lookup: Sendable {
        let answer = Mutex<Result<[String], DatabaseFault>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
    }

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
            var attempts: [HostAttempt] = []
            var unknown: [String] = []
            for index in 0..<count {
                var attempt = HostAttempt()
                attempt.host = hosts.isEmpty ? nil : hosts[index]
                attempt.address = addresses.isEmpty || addresses[index].isEmpty ? nil : addresses[index]
                attempt.port = ports.isEmpty ? nil : ports[ports.count == 1 ? 0 : index]
                guard attempt.address == nil, let host = attempt.host, attempt.isByName else {
                    attempts.append(attempt)
                    continue
                }
                do throws(DatabaseFault) {
                    for address in try lookUp(host, until: deadline) {
                        attempt.address = address
                        attempts.append(attempt)
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

        /// Asks on a thread of its own, which is left alone when it takes too long: nothing else ends a lookup.
        private static func lookUp(_ name: String, until deadline: Int64) throws(DatabaseFault) -> [String] {
            let lookup = Lookup()
            DispatchQueue.global().async {
                let found = Result { () throws(DatabaseFault) in try lookUp(name) }
                lookup.answer.withLock { $0 = found }
                lookup.isDone.signal()
            }
            let left = max(0, deadline - Clock.monotonic())
            guard lookup.isDone.wait(timeout: .now() + .nanoseconds(Int(left))) == .success,
                let answer = lookup.answer.withLock({ $0 })
            else { throw DatabaseFault(kind: .unreachable, message: "cannot look up \(name): no answer in time") }
            return try answer.get()
        }

        private static func lookUp(_ name: String) throws(DatabaseFault) -> [String] {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            let code = getaddrinfo(name, nil, &hints, &list)
            guard code == 0 else {
                throw DatabaseFault(
                    kind: .unreachable, message: "cannot look up \(name): \(String(cString: gai_strerror(code)))")
            }
            defer { freeaddrinfo(list) }
            var found: [String] = []
            var entry = list
            while let info = entry?.pointee {
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                if getnameinfo(info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
                {
                    let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                    if !found.contains(address) { found.append(address) }
                }
                entry = info.ai_next
            }
            return found
        }
    }
#endif
