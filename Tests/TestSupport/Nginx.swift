import Glibc
import POSIX

/// A real nginx on a port of its own, in a directory of its own, ended with the test.
public final class Nginx: Sendable {
    /// The port on 127.0.0.1.
    public let port: UInt16
    private let directory: TemporaryDirectory
    private let process: ChildProcess

    /// Starts nginx with one server, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - tls: the certificate to present; nil for plain HTTP.
    ///   - directives: what stands in the server's block beside the listening address and the certificate.
    /// - Throws: `SystemError` when it cannot be started, `DeadlinePassed` when it does not come up.
    public init(tls: Certificates.Server? = nil, _ directives: String) async throws {
        directory = try TemporaryDirectory()
        // Bound beside nginx (SO_REUSEPORT), but never listening, this socket keeps the port from being given to
        // somebody else.
        let placeholder = try Self.bindSocket()
        defer { close(placeholder.descriptor) }
        port = placeholder.port
        let certificate = tls.map { "ssl_certificate \($0.certificate); ssl_certificate_key \($0.key);" } ?? ""
        let file = try directory.write(
            """
            daemon off; master_process off; pid nginx.pid; error_log stderr info;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
                server { listen 127.0.0.1:\(port)\(tls == nil ? "" : " ssl") reuseport; \(certificate) \(directives) }
            }
            """, to: "nginx.conf")
        process = try ChildProcess(
            "/usr/sbin/nginx", ["-p", directory.path, "-c", file, "-e", "stderr"],
            workingDirectory: directory.path)
        // The last line that nginx logs once it listens.
        try await process.waitForOutput(containing: "getrlimit(RLIMIT_NOFILE)")
    }

    /// `https://127.0.0.1:PORT`, or another scheme or host name.
    public func url(scheme: String = "https", host: String = "127.0.0.1") -> String { "\(scheme)://\(host):\(port)" }

    /// What nginx has written to its error log so far.
    public var log: String { process.errors }

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
