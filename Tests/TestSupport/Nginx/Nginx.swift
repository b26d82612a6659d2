import Glibc
package import POSIX

/// A real nginx on a port of its own, in a directory of its own, ended with the test.
package final class Nginx: Sendable {
    /// The port on 127.0.0.1.
    package let port: UInt16
    private let directory: TemporaryDirectory
    private let process: ChildProcess

    /// Starts nginx with one server, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - tls: the certificate to present; nil for plain HTTP.
    ///   - directives: what stands in the server's block beside the listening address and the certificate.
    /// - Throws: `SystemError` when it cannot be started, `DeadlinePassed` when it does not come up.
    package convenience init(tls: Certificates.Server? = nil, _ directives: String) async throws {
        let certificate = tls.map { "ssl_certificate \($0.certificate); ssl_certificate_key \($0.key);" } ?? ""
        try await self.init { listen in
            "server { listen \(listen)\(tls == nil ? "" : " ssl") reuseport; \(certificate) \(directives) }"
        }
    }

    /// Starts nginx with what `configuration` makes of the address to listen on, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - main: what stands beside the http block.
    ///   - configuration: gives what stands in the http block, with a server that has `listen ADDRESS reuseport`.
    /// - Throws: `SystemError` when it cannot be started, `DeadlinePassed` when it does not come up.
    package init(
        main: String = "events { worker_connections 1024; }", configuration: (String) throws -> String
    ) async throws {
        directory = try TemporaryDirectory()
        // Bound beside nginx (SO_REUSEPORT), but never listening, this socket keeps the port from being given to
        // somebody else.
        let placeholder = try Self.bindSocket()
        defer { close(placeholder.descriptor) }
        port = placeholder.port
        let file = try directory.write(
            """
            daemon off; master_process off; pid nginx.pid; error_log stderr info;
            \(main)
            http {
                access_log off;
                client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
                \(try configuration("127.0.0.1:\(port)"))
            }
            """, to: "nginx.conf")
        try await Self.validate(file, in: directory)
        process = try ChildProcess(
            "/usr/sbin/nginx", ["-p", directory.path, "-c", file, "-e", "stderr"],
            workingDirectory: directory.path)
        // The last line that nginx logs once it listens.
        try await process.waitForOutput(containing: "getrlimit(RLIMIT_NOFILE)")
    }

    /// What `nginx -t` says of the configuration must be that it is good, without a warning.
    private static func validate(_ file: String, in directory: TemporaryDirectory) async throws {
        let check = try await ChildProcess.run(
            "/usr/sbin/nginx", ["-t", "-p", directory.path, "-c", file, "-e", "stderr"],
            workingDirectory: directory.path)
        guard check.exit == .code(0), !check.errors.contains("[warn]") else {
            throw DeadlinePassed(what: "a good configuration: \(check.errors)")
        }
    }

    /// Where it listens.
    package var address: SocketAddress { .ipv4(0x7F00_0001, port: port) }

    /// `https://127.0.0.1:PORT`, or another scheme or host name.
    package func url(scheme: String = "https", host: String = "127.0.0.1") -> String { "\(scheme)://\(host):\(port)" }

    /// What nginx has written to its error log so far.
    package var log: String { process.errors }

    private static func bindSocket() throws(SystemError) -> (descriptor: Int32, port: UInt16) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = try check("socket") { socket(AF_INET, kind, 0) }
        var yes: Int32 = 1
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = try check("setsockopt") { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &yes, size) }
        try withUnsafeMutablePointer(to: &address) { (pointer) throws(SystemError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
                _ = try check("bind") { bind(descriptor, pointer, length) }
                _ = try check("getsockname") { getsockname(descriptor, pointer, &length) }
            }
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
