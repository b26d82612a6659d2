#if PostgreSQL
    import POSIX
    import TestSupport

    /// A Unix socket like PostgreSQL's on which connections are accepted by the kernel, and by nobody else.
    final class SilentServer {
        let temporary: TemporaryDirectory
        private let socket: ListeningSocket

        init() throws {
            temporary = try TemporaryDirectory()
            socket = try ListeningSocket(binding: .unix(path: temporary.path(of: ".s.PGSQL.5432")))
        }

        var directory: String { temporary.path }
    }
#endif
