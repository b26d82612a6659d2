#if PostgreSQL
    import Dispatch
    import Glibc
    import POSIX
    import SharedLedger
    import Synchronization

    /// A host's name while it is being looked up. Nothing ends a lookup that takes too long, so it has a thread of its own, is left
    /// alone, and whoever asks for the same name meanwhile waits for its answer too.
    final class NameLookup: Sendable {
        private static let underWay = Mutex<[String: NameLookup]>([:])

        private let name: String
        private let answer = Mutex<Result<[String], DatabaseFault>?>(nil)
        private let isDone = DispatchGroup()

        private init(_ name: String) {
            self.name = name
            // Before anybody can find it: nobody waits for a group that is empty.
            isDone.enter()
        }

        /// Begins, or joins the one that is under way.
        static func begin(_ name: String) -> NameLookup {
            let (lookup, isNew) = underWay.withLock { underWay in
                if let lookup = underWay[name] { return (lookup, false) }
                let lookup = NameLookup(name)
                underWay[name] = lookup
                return (lookup, true)
            }
            if isNew { lookup.start() }
            return lookup
        }

        private func start() {
            DispatchQueue(label: "ecryptopayd.lookup").async { [self] in
                let found = Result { () throws(DatabaseFault) in try Self.addresses(of: name) }
                answer.withLock { $0 = found }
                Self.underWay.withLock { $0[name] = nil }
                isDone.leave()
            }
        }

        /// The addresses, in the order in which they are to be tried.
        ///
        /// - Parameter deadline: by the monotonic clock, in nanoseconds.
        /// - Throws: `.unreachable` when there are none, or not in time.
        func addresses(until deadline: Int64) throws(DatabaseFault) -> [String] {
            let left = max(0, deadline - Clock.monotonic())
            guard isDone.wait(timeout: .now() + .nanoseconds(Int(left))) == .success,
                let answer = answer.withLock({ $0 })
            else { throw DatabaseFault(kind: .unreachable, message: "cannot look up \(name): no answer in time") }
            return try answer.get()
        }

        private static func addresses(of name: String) throws(DatabaseFault) -> [String] {
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
