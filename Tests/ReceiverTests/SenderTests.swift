import HTTPServer
import Ledger
import LedgerDoubles
import Logging
import Payments
import POSIX
import Testing
import TestSupport

@testable import Receiver

/// Whom the record names as the sender of a report.
struct SenderTests {
    /// The peer recorded for a report that came with these fields.
    private func peer(_ fields: [String], on address: String) async throws -> String {
        let ledger = HeldLedger(reception: .known)
        let side = PublicSide(
            endpoint: WebhookEndpoint(
                ledger: ledger, counter: ReceptionCounter(), logger: Logger(label: "test")),
            webhookPaths: ["/hook"], unavailability: { nil })
        let server = try HTTPServer(label: "test", handler: side, logger: Logger(label: "test"))
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: address))
        try server.start([socket])
        let client = try ClientSocket(socket.address)
        let body = #"{"id":42,"state":"paid"}"#
        let lines = fields.map { "\($0)\r\n" }.joined()
        try client.send("POST /hook HTTP/1.1\r\nHost: h\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(try client.receive().status == 200)
        client.close()
        await server.drain(grace: .zero)
        return try #require(ledger.peers.first)
    }

    private func peerOverUnixSocket(_ fields: String...) async throws -> String {
        let directory = try TemporaryDirectory()
        return try await peer(fields, on: "unix:\(directory.path)/s")
    }

    @Test(arguments: [
        ("X-Forwarded-For: 203.0.113.7", "203.0.113.7"), ("x-forwarded-for:  203.0.113.7 ", "203.0.113.7"),
        ("X-Forwarded-For: 2001:DB8:0::1", "2001:db8::1"),
        ("X-Forwarded-For: ::ffff:203.0.113.7", "::ffff:203.0.113.7"),
        // What a proxy appends comes last; all before is what it was sent.
        ("X-Forwarded-For: 198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("X-Forwarded-For: 198.51.100.1,,\t203.0.113.7", "203.0.113.7"),
        ("X-Forwarded-For: 127.0.0.1, <script>, 203.0.113.7", "203.0.113.7"),
        ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7", "203.0.113.7"),
    ])
    func `the sender is the address that a proxy on this machine appended last`(fields: String, sender: String)
        async throws
    {
        #expect(try await peerOverUnixSocket(fields) == sender)
    }

    @Test(arguments: [
        "", "unknown", "unix:", "203.0.113.7, ", "203.0.113.7, unknown", "203.0.113.7:80", "[2001:db8::1]",
        "fe80::1%eth0", "203.0.113", "203.0.113.007", "203.0.113.7 x", "localhost", "example.com", "1.2.3.4;5.6.7.8",
    ])
    func `a field that holds no address does not name the sender`(value: String) async throws {
        #expect(try await peerOverUnixSocket("X-Forwarded-For: \(value)") == "unix")
    }

    @Test func `without a proxy the sender is the connection's peer`() async throws {
        #expect(try await peerOverUnixSocket() == "unix")
        #expect(try await peer([], on: "127.0.0.1:0").hasPrefix("127.0.0.1:"))
    }

    @Test func `a proxy on a loopback address is believed as well`() async throws {
        #expect(try await peer(["X-Forwarded-For: 203.0.113.7"], on: "127.0.0.1:0") == "203.0.113.7")
        #expect(try await peer(["X-Forwarded-For: 203.0.113.7"], on: "[::1]:0") == "203.0.113.7")
    }

    @Test func `a field from an address that is no proxy's does not name the sender`() {
        let forwarded = [Array("203.0.113.7".utf8)[...]]
        #expect(Sender.name(peer: "192.0.2.1:4711", isLocal: false, forwardedFor: forwarded) == "192.0.2.1:4711")
        #expect(Sender.name(peer: "127.0.0.1:4711", isLocal: true, forwardedFor: forwarded) == "203.0.113.7")
    }
}
