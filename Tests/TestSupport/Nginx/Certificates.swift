/// A certificate authority made for one test with `openssl`, and what it issues.
package struct Certificates: Sendable {
    /// A certificate and its key, as PEM files.
    package struct Server: Sendable {
        /// The certificate's path.
        package let certificate: String
        /// The private key's path.
        package let key: String
    }

    /// The authority's own certificate, a PEM file, to be trusted or not.
    package let authority: String
    private let directory: TemporaryDirectory

    /// Makes a fresh authority that nobody trusts yet.
    package init() async throws {
        directory = try TemporaryDirectory()
        authority = directory.path(of: "authority.pem")
        try await Self.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=An authority made for a test", "-out", authority]
                + Self.newKey(directory.path(of: "authority.key")))
    }

    /// Issues a certificate for a host.
    ///
    /// - Parameters:
    ///   - name: the alternative name as OpenSSL writes it, e.g. `DNS:localhost` or `IP:127.0.0.1`.
    ///   - days: how long it is good; -1 makes one that ended yesterday.
    package func issue(for name: String, days: Int = 2) async throws -> Server {
        let file = "\(name.map { $0.isLetter || $0.isNumber ? $0 : "-" })\(days)".filter { !"[]\", ".contains($0) }
        let server = Server(
            certificate: directory.path(of: "\(file).pem"), key: directory.path(of: "\(file).key"))
        let request = directory.path(of: "\(file).csr")
        let extensions = try directory.write("subjectAltName=\(name)\n", to: "\(file).ext")
        try await Self.openssl(
            ["req", "-subj", "/CN=A server made for a test", "-out", request] + Self.newKey(server.key))
        try await Self.openssl([
            "x509", "-req", "-in", request, "-CA", authority, "-CAkey", directory.path(of: "authority.key"),
            "-CAcreateserial", "-days", "\(days)", "-extfile", extensions, "-out", server.certificate,
        ])
        return server
    }

    private static func newKey(_ path: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]
    }

    private static func openssl(_ arguments: [String]) async throws {
        let result = try await ChildProcess.run("/usr/bin/openssl", arguments)
        guard result.exit == .code(0) else {
            throw DeadlinePassed(what: "openssl \(arguments[0]): \(result.errors)")
        }
    }
}
