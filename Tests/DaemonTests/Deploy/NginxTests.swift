import Glibc
import JSON
import POSIX
import TestSupport
import Testing

/// The daemon behind a real nginx with the configuration that is shipped, asked by `curl` over HTTPS.
@Suite(.ownThread) struct NginxTests {
    private static let name = "webhooks.example.com"
    private let daemon: DaemonUnderTest
    private let shipped: ShippedNginx
    private let certificates: Certificates

    init() async throws {
        daemon = try DaemonUnderTest(onUnixSocket: true)
        shipped = try ShippedNginx(upstream: "\(daemon.address)")
        certificates = try await Certificates()
    }

    private func startNginx() async throws -> Nginx {
        try await shipped.start(tls: try await certificates.issue(for: "DNS:\(Self.name)"))
    }

    /// An answer as `curl` tells of it: the protocol version, then status and content type, then the body.
    private func curl(_ arguments: [String], path: String = DaemonUnderTest.path, _ nginx: Nginx) async throws -> String
    {
        let result = try await ChildProcess.run(
            "/usr/bin/curl",
            [
                "-sS", "--cacert", certificates.authority, "--resolve", "\(Self.name):\(nginx.port):127.0.0.1",
                "-H", "Content-Type: application/json", "-w", "\n%{http_version} %{http_code} %{content_type}",
                nginx.url(host: Self.name) + path,
            ] + arguments)
        #expect(result.exit == .code(0), "\(result.errors)")
        let parts = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        return "\(parts.last ?? "")\n\(parts.dropLast().joined(separator: "\n"))"
    }

    @Test(arguments: ["1.1", "2"])
    func `a webhook over HTTPS is accepted`(version: String) async throws {
        try await daemon.start()
        let nginx = try await startNginx()
        let http = "--http\(version)"
        let plain = try await curl([http, "-d", DaemonUnderTest.report(1)], nginx)
        #expect(plain == "\(version) 200 application/json\n{\"status\":\"accepted\"}")
        // A body without a length: nginx gathers it.
        let chunked = [http, "-H", "Transfer-Encoding: chunked"]
        let gathered = try await curl(chunked + ["-d", DaemonUnderTest.report(2)], nginx)
        #expect(gathered == "\(version) 200 application/json\n{\"status\":\"accepted\"}")
        #expect(try daemon.payments("received") == [1, 2])
        try await daemon.end()
    }

    @Test func `the journal names the sender that nginx saw, whatever X-Forwarded-For he sends`() async throws {
        try await daemon.start()
        let nginx = try await startNginx()
        for (number, forged) in ["", "198.51.100.1", "127.0.0.1, 198.51.100.1", "198.51.100.1,"].enumerated() {
            let report = DaemonUnderTest.report(Int64(number + 1))
            let header = forged.isEmpty ? [] : ["-H", "X-Forwarded-For: \(forged)"]
            #expect(try await curl(["--interface", "127.0.0.2", "-d", report] + header, nginx).contains(" 200 "))
        }
        let peers = try daemon.records("received").map { $0["peer"]?.string }
        #expect(peers == ["127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2"])
        try await daemon.end()
    }

    @Test func `nginx does not tell its version, and says that the host is for HTTPS only`() async throws {
        try await daemon.start()
        let nginx = try await startNginx()
        let fields = ["-o", "/dev/null", "-w", "%header{server}, %header{strict-transport-security}"]
        #expect(try await curl(fields, nginx) == "nginx, max-age=63072000\n")
        try await daemon.end()
    }

    @Test func `the daemon's errors come through nginx unchanged`() async throws {
        try await daemon.start()
        let nginx = try await startNginx()
        func both(_ method: String, _ path: String, _ body: String = "") async throws -> (String, ClientAnswer) {
            let client = try ClientSocket(daemon.address)
            try client.send(
                "\(method) \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let arguments = body.isEmpty ? ["-X", method] : ["-X", method, "--data-binary", body]
            return (try await curl(arguments, path: path, nginx), try client.receive())
        }
        let path = DaemonUnderTest.path
        for (method, path, body, status) in [
            ("POST", path, "nonsense", 400), ("POST", path, #"{"id":1}"#, 400), ("GET", path, "", 405),
            ("POST", "/elsewhere", "{}", 404), ("POST", path, String(repeating: " ", count: 20_000), 413),
            ("GET", "/" + String(repeating: "a", count: 9000), "", 414),
        ] {
            let (proxied, direct) = try await both(method, path, body)
            #expect(direct.status == status)
            #expect(proxied == "2 \(status) application/problem+json\n\(direct.body)")
        }
        try await daemon.end()
    }

    @Test func `/healthz is not reached from outside, and looks like a path at which there is nothing`() async throws {
        try await daemon.start()
        let nginx = try await startNginx()
        let direct = try ClientSocket(daemon.address)
        try direct.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try direct.receive().status == 200)
        // Not to be told from a path at which there is nothing.
        let nothing = try await curl([], path: "/elsewhere", nginx)
        #expect(nothing.hasPrefix("2 404 application/problem+json\n"))
        for path in ["/healthz", "/healthz?verbose", "//healthz", "/%68ealthz"] {
            #expect(try await curl([], path: path, nginx) == nothing)
        }
        try await daemon.end()
    }

    @Test func `without a daemon, nginx answers 503 with Retry-After`() async throws {
        let dead = try ShippedNginx(upstream: "unix:\(daemon.directory.path(of: "nobody"))")
        let nginx = try await dead.start(tls: try await certificates.issue(for: "DNS:\(Self.name)"))
        let answer = try await curl(["-i", "-d", DaemonUnderTest.report(1)], nginx)
        #expect(answer.hasPrefix("2 503 application/problem+json\n"))
        #expect(answer.contains("retry-after: 30"), "\(answer)")
        #expect(answer.contains("strict-transport-security: max-age"), "\(answer)")
    }

    /// What ecryptopay sends again after an outage, beside somebody who connects and never ends a request.
    @Test
    func
        `1600 webhooks at once are all taken, or told when to come again, beside 1700 connections that send six bytes`()
        async throws
    {
        _ = try ResourceLimit.raiseOpenFiles()
        try await daemon.start()
        let nginx = try await shipped.startPlain()
        let attack = try (0..<1700).map { _ in
            let client = try ClientSocket(nginx.address, source: .ipv4(0x7F00_0002, port: 0))
            try client.send("POST /")
            return client
        }
        let clients = try (0..<1600).map { _ in try ClientSocket(nginx.address) }
        for (index, client) in clients.enumerated() {
            try client.send(DaemonUnderTest.request(DaemonUnderTest.report(Int64(index + 1))))
        }
        var accepted: Set<Int64> = []
        for (index, client) in clients.enumerated() {
            let answer = try client.receive()
            if answer.status == 200 {
                accepted.insert(Int64(index + 1))
            } else {
                #expect(answer.status == 503 && answer.field("retry-after") != nil, "\(answer)")
            }
        }
        // The daemon takes them as fast as they come, but how fast a machine is can be told by nobody.
        #expect(accepted.count > 600)
        #expect(Set(try daemon.payments("received")) == accepted)
        for client in attack { client.close() }
        try await daemon.end()
    }

    @Test func `beyond the burst, nginx answers 503 with Retry-After`() async throws {
        try await daemon.start()
        var shipped = shipped
        try shipped.replace("burst=2000", with: "burst=1")
        try shipped.replace("rate=200r/s", with: "rate=1r/m")
        let nginx = try await shipped.startPlain()
        let answers = try (Int64(1)...3).map { id in
            let client = try ClientSocket(nginx.address)
            try client.send(DaemonUnderTest.request(DaemonUnderTest.report(id)))
            return try client.receive()
        }
        #expect(answers.map(\.status) == [200, 200, 503])
        #expect(answers[2].field("retry-after") == "30", "\(answers[2])")
        #expect(answers[2].field("content-type") == "application/problem+json", "\(answers[2])")
        try await daemon.end()
    }

    /// In a network of its own, where it may set one up.
    @Test func `the firewall's rules refuse an address what is beyond its connections, and nobody else`() async throws {
        let script = """
            import socket, subprocess, sys
            run = lambda *words: subprocess.run(words, check=True)
            run("/usr/sbin/ip", "link", "set", "lo", "up")
            rules = open(sys.argv[1]).read()
            assert rules.count("over 2000") == 2
            subprocess.run(["/usr/sbin/nft", "-f", "-"], input=rules.replace("over 2000", "over 5"), text=True, check=True)
            def listener(family, address):
                made = socket.socket(family); made.bind((address, 443)); made.listen(64); return made
            servers = [listener(socket.AF_INET, ""), listener(socket.AF_INET6, "::1")]
            def taken(source, to):
                held = []
                try:
                    for _ in range(20): held.append(socket.create_connection((to, 443), source_address=(source, 0)))
                except ConnectionRefusedError: pass
                kept.extend(held); return len(held)
            kept = []
            print(taken("127.0.0.2", "127.0.0.1"), taken("127.0.0.3", "127.0.0.1"), taken("::1", "::1"))
            for each in kept: each.close()
            """
        let result = try await ChildProcess.run(
            "/usr/bin/unshare",
            [
                "--user", "--map-root-user", "--net", "/usr/bin/python3", "-c", script,
                "\(repository)/deploy/nginx/ecryptopayd-firewall.nft",
            ])
        #expect(result.exit == .code(0) && result.output == "5 5 5\n", "\(result)")
    }

    @Test func `a request without TLS gets 404, reaches no daemon and is not logged`() async throws {
        try await daemon.start()
        let nginx = try await startNginx()
        let body = DaemonUnderTest.report(1)
        let client = try ClientSocket(try SocketAddress(parsing: shipped.plainSocket))
        let head = "POST \(DaemonUnderTest.path) HTTP/1.1\r\nHost: \(Self.name)\r\n"
        try client.send("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let answer = try client.receive()
        #expect(answer.status == 404 && answer.field("location") == nil)
        #expect(try daemon.payments("received") == [])
        // nginx has done with the first request when it answers the second.
        #expect(try await curl(["-d", body], nginx).contains(" 200 "))
        for log in [try shipped.accessLog, try shipped.errorLog, nginx.log] {
            #expect(!log.contains("5f3a9c0e7d1b42a6") && !log.contains(" 404 "), "\(log)")
        }
        try await daemon.end()
    }

    @Test func `no log of nginx's holds the secret path`() async throws {
        let dead = try ShippedNginx(upstream: "unix:\(daemon.directory.path(of: "nobody"))")
        try await daemon.start()
        let nginx = try await startNginx()
        #expect(try await curl(["-d", DaemonUnderTest.report(1)], nginx).contains(" 200 "))
        #expect(
            try await curl(["-d", "nonsense", "-H", "Referer: https://x\(DaemonUnderTest.path)"], nginx).contains(
                " 400 "))
        let second = try await dead.start(tls: try await certificates.issue(for: "DNS:\(Self.name)"))
        #expect(try await curl(["-d", DaemonUnderTest.report(1)], second).contains(" 503 "))
        try await eventually("the log of three requests") {
            try (shipped.accessLog + dead.accessLog).split(separator: "\n").count == 3
        }
        let lines = try shipped.accessLog.split(separator: "\n")
        #expect(lines[0].hasPrefix("127.0.0.1 [") && lines[0].contains("] POST HTTP/2.0 200 "))
        #expect(lines[1].contains("] POST HTTP/2.0 400 "))
        #expect(try dead.accessLog.contains("] POST HTTP/2.0 503 ") && dead.accessLog.contains(" 502 "))
        for log in [try shipped.accessLog, try shipped.errorLog, try dead.accessLog, try dead.errorLog, nginx.log] {
            #expect(!log.contains("5f3a9c0e7d1b42a6"), "\(log)")
        }
        try await daemon.end()
    }
}
