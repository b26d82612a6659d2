import HTTPServer
import Ledger
import LedgerDoubles
import Logging
import Payments
import POSIX
import Synchronization
import Testing
import TestSupport

@testable import Admin

/// What the admin side answers, on a real server: whatever an operator asks for is written down, and not done.
@Suite(.ownThread) struct AdminSideTests {
    /// What was asked for.
    private final class Orders: Sendable {
        let reconciled = Mutex<[PaymentID?]>([])
        let replayed = Mutex<[Redelivery]>([])
    }

    private let home = LedgerHome()
    private let orders = Orders()
    private let directory: TemporaryDirectory
    private let side: AdminSide
    private let server: HTTPServer
    private let address: SocketAddress
    private let unixAddress: SocketAddress

    init() async throws {
        let ledger = try await home.openRecords(.files)
        let damages = DamageList(Logger(label: "test"))
        side = AdminSide(
            .init(
                unavailability: { nil }, unreadiness: { [] },
                reconcile: { [orders] payment in
                    orders.reconciled.withLock { $0.append(payment) }
                    return true
                },
                replay: { [orders] selection, _ in
                    orders.replayed.withLock { $0.append(selection) }
                    return (1, [])
                }, status: { _ in .test() }), feed: EventFeed(ledger, damages: damages, logger: Logger(label: "test")),
            activity: Activity(ledger, damages))
        server = try HTTPServer(label: "test", handler: side, logger: Logger(label: "test"))
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
        directory = try TemporaryDirectory()
        let unixSocket = try ListeningSocket(binding: .unix(path: directory.path(of: "admin")))
        (address, unixAddress) = (socket.address, unixSocket.address)
        try server.start([socket, unixSocket])
    }

    private func ask(
        _ method: String, _ path: String, host: String = "localhost", body: String = "", fields: String = "",
        overUnixSocket: Bool = false
    ) throws -> ClientAnswer {
        let client = try ClientSocket(overUnixSocket ? unixAddress : address)
        try client.send(
            "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        return try client.receive()
    }

    @Test(arguments: [
        ("localhost", true), ("LocalHost:8724", true), ("127.0.0.1:8724", true), ("127.9.9.9", true), ("[::1]", true),
        ("[::1]:8724", true), ("evil.example", false), ("evil.example:8724", false), ("localhost.evil.example", false),
        ("127.0.0.1.evil.example", false), ("198.51.100.1", false), ("[2001:db8::1]:8724", false), ("admin", false),
    ])
    func `what names another host than this machine gets 403, also through a Unix socket`(
        host: String, isLocal: Bool
    ) async throws {
        for overUnixSocket in [false, true] {
            for path in ["/", "/healthz", "/events?after=x"] {
                let answer = try ask("GET", path, host: host, overUnixSocket: overUnixSocket)
                #expect((answer.status != 403) == isLocal, "\(path): \(answer)")
                #expect(isLocal || answer.body.contains("localhost or a loopback address"))
            }
            #expect(
                try ask("POST", "/reconcile", host: host, overUnixSocket: overUnixSocket).status
                    == (isLocal ? 202 : 403))
        }
        #expect(orders.reconciled.withLock { $0.count } == (isLocal ? 2 : 0))
        await server.drain(grace: .zero)
    }

    @Test func `over TCP a token is asked for once there is one, but not for the health, nor over a Unix socket`()
        async throws
    {
        func statuses(_ fields: String = "", overUnixSocket: Bool = false) throws -> [Int] {
            try ["/", "/readyz", "/metrics", "/status", "/events?after=x", "/none", "/healthz"].map {
                try ask("GET", $0, fields: fields, overUnixSocket: overUnixSocket).status
            }
        }
        let (open, closed) = ([200, 200, 200, 200, 400, 404, 200], [401, 401, 401, 401, 401, 401, 200])
        #expect(try statuses() == open)
        side.update(token: "0123456789abcdefg")
        #expect(try statuses() == closed)
        #expect(try statuses(overUnixSocket: true) == open)
        // The second is a browser's, with "operator:0123456789abcdefg".
        for right in [
            "Bearer 0123456789abcdefg", "Basic b3BlcmF0b3I6MDEyMzQ1Njc4OWFiY2RlZmc=", "bearer  0123456789abcdefg",
        ] {
            #expect(try statuses("Authorization: \(right)\r\n") == open, "\(right)")
        }
        for wrong in [
            "Bearer 0123456789abcdef", "Bearer 0123456789abcdefgh", "Bearer", "Bearer 0 0123456789abcdefg", "Basic !",
            "Basic ====",
            "Basic MDEyMzQ1Njc4OWFiY2RlZmc=", "0123456789abcdefg", "Digest 0123456789abcdefg",
        ] {
            #expect(try statuses("Authorization: \(wrong)\r\n") == closed, "\(wrong)")
        }
        let refused = try ask("POST", "/replay", body: #"{"payment":42}"#)
        #expect(refused.status == 401 && refused.body.contains("ECRYPTOPAY_ADMIN_TOKEN"))
        #expect(refused.field("www-authenticate")?.hasPrefix("Bearer realm=") == true)
        #expect(orders.replayed.withLock { $0.isEmpty })
        side.update(token: nil)
        #expect(try statuses() == open)
        await server.drain(grace: .zero)
    }

    @Test(arguments: [
        ("/reconcile", "x"), ("/reconcile", "[]"), ("/reconcile", #"{"payment":0}"#),
        ("/reconcile", #"{"payment":"1"}"#),
        ("/reconcile", #"{"payments":1}"#), ("/reconcile", #"{"payment":1.5}"#), ("/replay", ""), ("/replay", "{}"),
        ("/replay", #"{"seq":1,"payment":1}"#), ("/replay", #"{"since":"yesterday"}"#),
        ("/replay", #"{"seq":1,"dry_run":1}"#),
    ])
    func `a body that asks for nothing that there is gets 400 with the reason, and nothing begins`(
        path: String, body: String
    ) async throws {
        let answer = try ask("POST", path, body: body)
        #expect(answer.status == 400)
        #expect(answer.body.contains("detail"))
        #expect(orders.reconciled.withLock { $0 }.isEmpty && orders.replayed.withLock { $0 }.isEmpty)
        await server.drain(grace: .zero)
    }

    @Test func `another method gets 405, a web page 403, and nothing begins`() async throws {
        for path in ["/reconcile", "/replay"] {
            #expect(try ask("GET", path).status == 405)
            #expect(try ask("POST", path, fields: "Origin: https://evil.example\r\n").status == 403)
        }
        for path in ["/", "/healthz", "/readyz", "/metrics", "/status", "/events"] {
            #expect(try ask("POST", path).status == 405)
        }
        #expect(orders.reconciled.withLock { $0 }.isEmpty && orders.replayed.withLock { $0 }.isEmpty)
        await server.drain(grace: .zero)
    }

    @Test func `what is asked for rightly begins`() async throws {
        #expect(try ask("POST", "/reconcile").status == 202)
        #expect(try ask("POST", "/reconcile", body: #"{"payment":42}"#).status == 202)
        #expect(try ask("POST", "/replay", body: #"{"payment":42}"#).body == #"{"deliveries":1}"#)
        #expect(orders.reconciled.withLock { $0 } == [nil, 42])
        #expect(orders.replayed.withLock { $0 } == [.payment(42)])
        await server.drain(grace: .zero)
    }

    @Test func `a query for events that is faulty gets 400 with the reason`() async throws {
        let answer = try ask("GET", "/events?after=x")
        #expect(answer.status == 400 && answer.body.contains("digits"), "\(answer)")
        await server.drain(grace: .zero)
    }

    @Test func `the page needs nothing from outside, and its policy lets nothing else in`() async throws {
        let answer = try ask("GET", "/")
        let policy = try #require(answer.field("content-security-policy"))
        #expect(policy.hasPrefix("default-src 'none'; style-src 'nonce-"))
        #expect(!policy.contains("unsafe-inline"))
        #expect(!answer.body.contains("//cdn") && !answer.body.contains("http://") && !answer.body.contains("https://"))
        #expect(!answer.body.contains(" style=") && !answer.body.contains(" onclick="))
        await server.drain(grace: .zero)
    }
}
