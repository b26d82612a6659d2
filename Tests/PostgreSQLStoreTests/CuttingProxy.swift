#if PostgreSQL
    import Glibc
    import POSIX
    import Synchronization
    import TestSupport

    /// Stands between a program and a server's Unix socket, and cuts the connection at the next `COMMIT`.
    final class CuttingProxy: Sendable {
        enum Cut: Sendable {
            /// The server never gets it.
            case before
            /// The server does it, but nobody hears of that.
            case after
        }

        private let temporary: TemporaryDirectory
        private let socket: ListeningSocket
        private let server: SocketAddress
        private let next = Mutex<Cut?>(nil)
        private let cuts = Atomic(0)

        init(_ server: PostgreSQLServer) throws {
            temporary = try TemporaryDirectory()
            socket = try ListeningSocket(binding: .unix(path: temporary.path(of: ".s.PGSQL.5432")))
            self.server = .unix(path: "\(server.socketDirectory)/.s.PGSQL.\(server.port)")
            let listener = socket
            onThread { [weak self] in
                while true {
                    var entry = pollfd(fd: listener.descriptor.number, events: Int16(POLLIN), revents: 0)
                    _ = poll(&entry, 1, 20)
                    guard let self else { return }
                    let client = accept(listener.descriptor.number, nil, nil)
                    if client >= 0 { onThread { self.serve(client) } }
                }
            }
        }

        /// The URL that leads through it.
        var url: String { "postgresql://postgres@/postgres?host=\(temporary.path)&port=5432" }

        /// How many connections it has cut.
        var count: Int { cuts.load(ordering: .acquiring) }

        /// Cuts the next commit.
        func cut(_ cut: Cut) { next.withLock { $0 = cut } }

        private func serve(_ client: Int32) {
            let backend = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer {
                close(client)
                close(backend)
            }
            guard server.withSockaddr({ connect(backend, $0, $1) }) == 0 else { return }
            var isDumb = false
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                var entries = [
                    pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: backend, events: Int16(POLLIN), revents: 0),
                ]
                guard poll(&entries, 2, 60_000) > 0 else { return }
                if entries[0].revents != 0 {
                    let count = read(client, &buffer, buffer.count)
                    guard count > 0 else { return }
                    // A Bind of the statement that is called so, to the portal without a name.
                    if Self.holds("\0commit\0", buffer[..<count]), let cut = next.withLock({ $0.take() }) {
                        cuts.add(1, ordering: .releasing)
                        if cut == .before { return }
                        isDumb = true
                    }
                    guard Self.write(buffer[..<count], to: backend) else { return }
                }
                if entries[1].revents != 0 {
                    let count = read(backend, &buffer, buffer.count)
                    // The server answers a flight when all of it is done.
                    guard count > 0, !isDumb, Self.write(buffer[..<count], to: client) else { return }
                }
            }
        }

        private static func holds(_ text: String, _ bytes: ArraySlice<UInt8>) -> Bool {
            let text = Array(text.utf8)
            return bytes.indices.contains { bytes[$0...].starts(with: text) }
        }

        private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
            var left = bytes
            while !left.isEmpty {
                let count = left.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                left.removeFirst(count)
            }
            return true
        }
    }
#endif
