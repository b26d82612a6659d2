/// The nginx configuration in `deploy/`, as a test needs it: each line that names a place of the operator's machine replaced
/// by one of the test's, and nothing else changed.
package struct ShippedNginx: Sendable {
    /// A line to be replaced does not stand in the file exactly once.
    package struct Mismatch: Error, CustomStringConvertible {
        /// Which, and how often it is there.
        package let description: String
    }

    /// The directory that the logs are written to.
    package let directory: TemporaryDirectory
    private var text: String
    /// What the file says that has to stand in nginx.conf.
    private let main: String

    /// Reads the file, with the daemon at `socket` and the logs in a directory of the test's.
    ///
    /// - Parameter socket: where nginx shall find the daemon, as nginx writes it: `unix:/path` or `127.0.0.1:PORT`.
    package init(upstream socket: String) throws {
        directory = try TemporaryDirectory()
        text = String(decoding: try readFile("\(repository)/deploy/nginx/ecryptopayd.conf"), as: UTF8.self)
        main = text.split(separator: "\n").filter { $0.hasPrefix("#     ") && $0.contains("worker_") }
            .map { $0.dropFirst(6) }.joined(separator: "\n")
        try replace("server unix:/run/ecryptopayd/webhook.sock;", with: "server \(socket);")
        try replace("/var/log/nginx/ecryptopayd.access.log", with: directory.path(of: "access.log"))
        try replace("/var/log/nginx/ecryptopayd.error.log", with: directory.path(of: "error.log"))
        try replace("listen 80;", with: "listen \(plainSocket);")
        try replace("listen [::]:80;", with: "")
    }

    /// Puts something else in the place of what must stand in the file once.
    package mutating func replace(_ old: String, with new: String) throws {
        let parts = text.split(separator: old, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw Mismatch(description: "\"\(old)\" stands \(parts.count - 1) times in deploy/nginx/ecryptopayd.conf")
        }
        text = parts.joined(separator: new)
    }

    /// Starts nginx with it on a port of its own, over TLS with this certificate.
    package func start(tls: Certificates.Server) async throws -> Nginx {
        var copy = self
        try copy.replace(
            "/etc/letsencrypt/live/webhooks.example.com/fullchain.pem", with: tls.certificate)
        try copy.replace("/etc/letsencrypt/live/webhooks.example.com/privkey.pem", with: tls.key)
        return try await copy.start(listen: "ssl http2")
    }

    /// Starts nginx with it on a port of its own, without TLS, for clients that send what no TLS client would.
    package func startPlain(http2: Bool = false) async throws -> Nginx {
        var copy = self
        try copy.replace("ssl_certificate /etc/letsencrypt/live/webhooks.example.com/fullchain.pem;", with: "")
        try copy.replace("ssl_certificate_key /etc/letsencrypt/live/webhooks.example.com/privkey.pem;", with: "")
        return try await copy.start(listen: http2 ? "http2" : "")
    }

    private func start(listen options: String) async throws -> Nginx {
        try await Nginx(main: main) { address in
            var copy = self
            try copy.replace("listen 443 ssl http2 reuseport", with: "listen \(address) \(options) reuseport")
            try copy.replace("listen [::]:443 ssl http2 reuseport backlog=4096;", with: "")
            return copy.text
        }
    }

    /// Where it answers what comes without TLS, in the place of port 80.
    package var plainSocket: String { "unix:\(directory.path(of: "plain"))" }

    /// What the access log holds so far.
    package var accessLog: String { get throws { try directory.readText("access.log") } }

    /// What the error log holds so far.
    package var errorLog: String { get throws { try directory.readText("error.log") } }
}
