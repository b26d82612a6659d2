#if PostgreSQL
    import Glibc
    import POSIX
    import Synchronization
    import TestSupport

    /// Stands between a program and a server's Unix socket, and cuts the connection at a statement.
    final class CuttingProxy: Sendable {
        enum Cut: Sendable {
            /// The server never gets it.
            case before
            /// The server does it, but nobody hears of that.
            case after
        }

        private let temporary: TemporaryDirectory
        private let socket: ListeningSocket
        private let server: PostgreSQLServer
        private let address: SocketAddress
        private let next = Mutex<(cut: Cut, statement: [UInt8])?>(nil)
        private let cuts = Atomic(0)

        init(_ server: PostgreSQLServer) throws {
            temporary = try TemporaryDirectory()
            socket = try ListeningSocket(binding: .unix(path: temporary.path(of: ".s.PGSQL.5432")))
            self.server = server
            address = .unix(path: "\(server.socketDirectory)/.s.PGSQL.\(server.port)")
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

        /// Cuts at the next run of the statement of that name.
        func cut(_ cut: Cut, _ statement: String) {
            // A Bind of it, to the portal without a name.
            next.withLock { $0 = (cut, [0] + Array(statement.utf8) + [0]) }
        }

        private func serve(_ client: Int32) {
            let backend = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer {
                close(client)
                close(backend)
            }
            guard address.withSockaddr({ connect(backend, $0, $1) }) == 0 else { return }
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
                    if let cut = cut(at: buffer[..<count]) {
                        cuts.add(1, ordering: .releasing)
                        if cut == .before { return }
                        isDumb = true
                    }
                    guard Self.write(buffer[..<count], to: backend) else { return }
                }
                if entries[1].revents != 0 {
                    let count = read(backend, &buffer, buffer.count)
                    // The server answers a pipeline when all of it is done.
                    guard count > 0, !isDumb, Self.write(buffer[..<count], to: client) else { return }
                }
            }
        }

        private func cut(at bytes: ArraySlice<UInt8>) -> Cut? {
            next.withLock { next in
                guard let (cut, name) = next, bytes.indices.contains(where: { bytes[$0...].starts(with: name) }) else {
                    return nil
                }
                next = nil
                return cut
            }
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
