#if PostgreSQL
    import CPostgreSQL
    import Dispatch
    import Glibc
    import SharedLedger
    import Synchronization

    extension LedgerNotification {
        /// What it is sent as.
        var payload: String {
            switch self {
            case .inbox: "inbox"
            case .records(let durable, let head): "records \(durable) \(String(decoding: head, as: UTF8.self))"
            case .other: "other"
            }
        }

        /// Reads what was sent; what is not known is something other.
        init(payload: String) {
            let words = payload.split(separator: " ", maxSplits: 2)
            if words.count >= 2, words[0] == "records", let seq = Int64(words[1]) {
                self = .records(durable: seq, head: words.count > 2 ? Array(words[2].utf8) : [])
            } else {
                self = payload == "inbox" ? .inbox : .other
            }
        }
    }

    /// Sends notifications that nobody waits for.
    ///
    /// On a connection of its own, in transactions of their own: a commit with a notification holds a lock of the whole server, and would
    /// hold it for as long as it waits for the disk. While one is under way, what comes is gathered.
    final class Notifier: Sendable {
        private struct State {
            /// By the first word: a later one of the same kind says all that the one before said.
            var waiting: [Substring: String] = [:]
            var isUnderWay = false
        }

        private let connection: BackgroundConnection
        private let queue = DispatchQueue(label: "ecryptopayd.notifying")
        private let state = Mutex(State())

        init(_ source: ConnectionSource) { connection = BackgroundConnection(source) }

        /// Sends one soon; if that fails, the other nodes find out by polling.
        func send(_ notification: LedgerNotification) {
            let payload = notification.payload
            let begins = state.withLock { state in
                state.waiting[payload.prefix { $0 != " " }] = payload
                defer { state.isUnderWay = true }
                return !state.isUnderWay
            }
            if begins { queue.async { self.sendAll() } }
        }

        private func sendAll() {
            while let payloads = next() { _ = try? connection.ask(Self.notify, .texts(payloads)) }
        }

        private func next() -> [String]? {
            state.withLock { state in
                let payloads = Array(state.waiting.values)
                state = State(isUnderWay: !payloads.isEmpty)
                return payloads.isEmpty ? nil : payloads
            }
        }

        private static let notify = Statement(
            "notify", "SELECT set_config('synchronous_commit', 'off', true), pg_notify('ecryptopayd', unnest($1))",
            .texts)
    }

    /// Receives the notifications of other nodes, on a connection and a thread of its own.
    final class Listener: Sendable {
        private struct State {
            var body: (@Sendable (LedgerNotification) -> Void)?
            var isRunning = false
        }

        /// How long to wait before it connects again, and how soon it notices that nobody listens any more.
        private static let pause: Duration = .milliseconds(500)

        private let source: ConnectionSource
        private let state = Mutex(State())

        init(_ source: ConnectionSource) { self.source = source }

        /// Calls `body` for each from now on; nil ends it.
        func listen(_ body: (@Sendable (LedgerNotification) -> Void)?) {
            let begins = state.withLock { state in
                state.body = body
                guard body != nil, !state.isRunning else { return false }
                state.isRunning = true
                return true
            }
            if begins { DispatchQueue(label: "ecryptopayd.listening").async { self.run() } }
        }

        private var isWanted: Bool {
            state.withLock { state in
                if state.body == nil { state.isRunning = false }
                return state.isRunning
            }
        }

        private func run() {
            while isWanted {
                if let connection = try? source.open() { receive(connection) }
                usleep(UInt32(Self.pause.nanoseconds / 1000))
            }
        }

        /// Until the connection is lost.
        private func receive(_ connection: Connection) {
            guard (try? connection.ask(Statement(once: "LISTEN ecryptopayd"))) != nil else { return }
            // Whatever there was before.
            deliver(.other)
            while isWanted, let received = connection.receive(within: Self.pause) {
                for (process, payload) in received where !source.owns(process: process) {
                    deliver(LedgerNotification(payload: payload))
                }
            }
        }

        private func deliver(_ notification: LedgerNotification) { state.withLock { $0.body }?(notification) }
    }

    extension Connection {
        /// The notifications that come within that time, as soon as there are some; nil when the connection is lost.
        func receive(within limit: Duration) -> [(process: Int32, payload: String)]? {
            guard let handle else { return nil }
            var received = received(handle)
            if received.isEmpty {
                var entry = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
                _ = poll(&entry, 1, Int32(limit.nanoseconds / 1_000_000))
                guard PQconsumeInput(handle) == 1 else { return nil }
                received = self.received(handle)
            }
            return received.isEmpty && PQstatus(handle) != CONNECTION_OK ? nil : received
        }

        private func received(_ handle: OpaquePointer) -> [(process: Int32, payload: String)] {
            var received: [(process: Int32, payload: String)] = []
            while let notification = PQnotifies(handle) {
                received.append((notification.pointee.be_pid, String(cString: notification.pointee.extra)))
                PQfreemem(notification)
            }
            return received
        }
    }
#endif
