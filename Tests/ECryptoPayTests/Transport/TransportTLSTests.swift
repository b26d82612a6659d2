import TestSupport
import Testing

@testable import ECryptoPay

/// Against a real nginx with certificates of an authority made for the test.
@Suite struct TransportTLSTests {
    private static let page = "location / { return 200 'secure'; }"

    /// Asks nginx once, trusting the authority.
    private func ask(_ nginx: Nginx, trusting file: String?) async throws(TransportFault) -> TransportAnswer {
        let transport = Transport(TransportOptions(workers: 1, caFile: file))
        return try await transport.perform(TransportRequest(.get, nginx.url()))
    }

    @Test func `a certificate of the trusted authority for the right name is accepted`() async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx(tls: certificates.issue(for: "IP:127.0.0.1"), Self.page)
        let answer = try await ask(nginx, trusting: certificates.authority)
        #expect(answer.status == 200)
        #expect(answer.body == Array("secure".utf8))
    }

    @Test func `a certificate for another name is refused`() async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx(tls: certificates.issue(for: "DNS:other.example"), Self.page)
        let fault = await #expect(throws: TransportFault.self) {
            try await ask(nginx, trusting: certificates.authority)
        }
        #expect(fault?.kind == .tls(.wrongName))
        #expect(fault?.message.contains("for another host name") == true)
    }

    @Test func `an expired certificate is refused`() async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx(tls: certificates.issue(for: "IP:127.0.0.1", days: -1), Self.page)
        let fault = await #expect(throws: TransportFault.self) {
            try await ask(nginx, trusting: certificates.authority)
        }
        #expect(fault?.kind == .tls(.expired))
        #expect(fault?.message.contains("has expired") == true)
    }

    @Test func `a certificate of an unknown authority is refused`() async throws {
        let certificates = try await Certificates()
        let strangers = try await Certificates()
        let nginx = try await Nginx(tls: certificates.issue(for: "IP:127.0.0.1"), Self.page)
        for trusted in [nil, strangers.authority] {
            let fault = await #expect(throws: TransportFault.self) { try await ask(nginx, trusting: trusted) }
            #expect(fault?.kind == .tls(.unknownAuthority))
            #expect(fault?.message.contains("unknown authority") == true)
        }
    }

    @Test func `a server with nothing newer than TLS 1.1 is refused`() async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx(
            tls: certificates.issue(for: "IP:127.0.0.1"),
            "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0; \(Self.page)")
        let fault = await #expect(throws: TransportFault.self) {
            try await ask(nginx, trusting: certificates.authority)
        }
        #expect(fault?.kind == .tls(.protocolVersion))
        // The test's server must be one that would have answered an older client.
        let old = try await ChildProcess.run(
            "/usr/bin/openssl",
            ["s_client", "-connect", "127.0.0.1:\(nginx.port)", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        #expect(old.output.contains("Protocol  : TLSv1.1"))
    }

    @Test func `TLS 1.2 is still good enough`() async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx(
            tls: certificates.issue(for: "IP:127.0.0.1"), "ssl_protocols TLSv1.2; \(Self.page)")
        #expect(try await ask(nginx, trusting: certificates.authority).status == 200)
    }

    @Test func `a server without TLS is refused`() async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx(Self.page)
        let fault = await #expect(throws: TransportFault.self) {
            try await ask(nginx, trusting: certificates.authority)
        }
        #expect(fault?.kind == .tls(.other))
    }

    @Test(arguments: ["/nonexistent/authorities.pem", "/dev/null"])
    func `a file of authorities that is none is named as the fault`(file: String) async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx(tls: certificates.issue(for: "IP:127.0.0.1"), Self.page)
        let fault = await #expect(throws: TransportFault.self) { try await ask(nginx, trusting: file) }
        #expect(fault?.kind == .tls(.authorityFile))
    }
}
