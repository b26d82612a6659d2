import Glibc
import JournalFormat
import POSIX
import TestSupport
import Testing

/// What systemd hears from the real binary.
struct ServiceTests {
    @Test func `READY comes when it listens, STATUS says how it stands, STOPPING when it ends`() async throws {
        let daemon = try DaemonUnderTest()
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try await daemon.start(environment: ["NOTIFY_SOCKET": listener.path])
        let first = try listener.next()
        // The first listing may have failed already.
        let ready = "READY=1\nSTATUS=0 journaled, 0 awaiting confirmation, API "
        #expect(first == ready + "not asked yet" || first == ready + "unreachable")
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        let status = try listener.next { $0.contains("1 journaled") && $0.contains("API unreachable") }
        #expect(status == "STATUS=1 journaled, 1 awaiting confirmation, API unreachable")
        #expect(try await daemon.end() == .code(0))
        #expect(try listener.next { $0.hasPrefix("STOPPING=1") }.contains("1 journaled"))
    }

    @Test func `a long recovery asks systemd for more time`() async throws {
        let daemon = try DaemonUnderTest()
        var segment: [UInt8] = []
        let opened = Record.Opened(format: 1, journal: "x", version: "0", api: "127.0.0.1:9", client: "client")
        RecordCodec.append(.opened(opened), seq: 1, durable: 0, time: 0, to: &segment)
        for seq in 2...10_000 {
            let report = Array(DaemonUnderTest.report(Int64(seq)).utf8)
            let received = Record.Received(payment: Int64(seq), peer: "test", report: report, deviations: [])
            RecordCodec.append(.received(received), seq: Int64(seq), durable: Int64(seq) - 1, time: 0, to: &segment)
        }
        _ = try daemon.directory.makeDirectory("journal")
        _ = try daemon.directory.write(segment, to: "journal/00000000000000000001.jsonl")
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try await daemon.start(environment: ["NOTIFY_SOCKET": listener.path])
        #expect(try listener.next().hasPrefix("EXTEND_TIMEOUT_USEC=30000000\nSTATUS=recovering the journal"))
        #expect(try listener.next { $0.hasPrefix("READY=1") }.contains("9999 journaled, 9999 awaiting"))
        try await daemon.end()
    }

    @Test func `a start that fails tells systemd why`() async throws {
        let daemon = try DaemonUnderTest()
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try await daemon.start()
        let second = try await daemon.run(
            ["serve", "--env-file", daemon.envFile],
            environment: [
                "ECRYPTOPAY_JOURNAL": daemon.journalDirectory, "ECRYPTOPAY_LISTEN": "127.0.0.1:0",
                "NOTIFY_SOCKET": listener.path,
            ])
        #expect(second.exit == .code(75))
        #expect(try listener.next().hasPrefix("ERRNO=\(EAGAIN)\nSTATUS=another process works on the journal"))
        try await daemon.end()
    }

    @Test func `an address that does not count, since systemd has passed a socket, is logged`() async throws {
        let daemon = try DaemonUnderTest()
        let admin = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
        for (listen, isTold) in [(nil, false), ("\(daemon.address)", false), ("127.0.0.1:1", true)] as [(String?, Bool)]
        {
            try daemon.set("ECRYPTOPAY_LISTEN", listen)
            try await daemon.startWithAdmin(admin)
            let errors = try #require(daemon.process?.errors)
            let notice =
                "ECRYPTOPAY_LISTEN does not count: systemd has passed the socket \(daemon.address), which is used"
            #expect(errors.contains(notice) == isTold, "\(errors)")
            #expect(
                errors.contains(
                    "ECRYPTOPAY_ADMIN_LISTEN does not count: systemd has passed the socket \(admin.address)"))
            #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
            try await daemon.end()
        }
        daemon.closeAdminSocket()
        try await daemon.start()
        #expect(daemon.process?.errors.contains("ADMIN_LISTEN does not count") == false, "no socket is passed for it")
        try await daemon.end()
    }

    @Test func `the watchdog is fed while all goes well`() async throws {
        let daemon = try DaemonUnderTest()
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try await daemon.start(environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "300000"])
        for _ in 0..<3 { _ = try listener.next { $0 == "WATCHDOG=1" } }
        try await daemon.end()
    }

    @Test func `while a listing comes byte by byte, payments are confirmed and the watchdog is fed`() async throws {
        let api = try DrippingAPI()
        let daemon = try DaemonUnderTest(apiURL: api.url)
        try daemon.set("ECRYPTOPAY_CONFIRM_CONCURRENCY", "1")
        let listener = try NotifyListener(path: daemon.directory.path(of: "notify"))
        try await daemon.start(environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "30000"])
        try await eventually("the listing is under way") { api.dripped > 0 }
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        try await eventually("the payment is confirmed") { try daemon.payments("confirmed") == [1] }
        let before = api.dripped
        // Far longer than the watchdog waits.
        for _ in 0..<100 { _ = try listener.next { $0 == "WATCHDOG=1" } }
        try await eventually("more of the list") { api.dripped > before }
        #expect(try daemon.records("baseline").isEmpty, "the listing is under way still")
        api.finish()
        try await eventually("the listing ends") { try daemon.records("baseline").count == 1 }
        #expect(try await daemon.end() == .code(0))
        await api.stop()
    }

    @Test func `without a service manager it takes reports, and SIGINT ends it with 0`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        #expect(try await daemon.end(SIGINT) == .code(0))
    }

    @Test func `requests under way are answered when it stops, and new ones wait for the next process`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let underWay = try ClientSocket(daemon.address)
        let request = DaemonUnderTest.request(DaemonUnderTest.report(1))
        try underWay.send(String(request.dropLast(5)))
        // Only an answer on a later connection shows that the first bytes of this one have arrived.
        #expect(try daemon.post(DaemonUnderTest.report(2)).status == 200)
        daemon.process?.signal(SIGTERM)
        try await daemon.process?.waitForOutput(containing: "stopping")
        let waiting = try ClientSocket(daemon.address)
        try waiting.send(DaemonUnderTest.request(DaemonUnderTest.report(3)))
        try underWay.send(String(request.suffix(5)))
        let answer = try underWay.receive()
        #expect(answer.status == 200)
        #expect(answer.field("connection") == "close")
        #expect(try await daemon.process?.waitForExit() == .code(0))
        try await daemon.start()
        #expect(try waiting.receive().status == 200)
        try await daemon.end()
        #expect(try daemon.records("received").count == 3)
    }

    @Test func `a reload takes a good configuration and refuses a bad one whole`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        func status(at path: String) throws -> Int {
            let client = try ClientSocket(daemon.address)
            let body = DaemonUnderTest.report(7)
            try client.send(
                "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            return try client.receive().status
        }
        try daemon.set("ECRYPTOPAY_WEBHOOK_PATHS", "/moved/0123456789abcdef,\(DaemonUnderTest.path)")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "configuration reloaded")
        #expect(try status(at: "/moved/0123456789abcdef") == 200)
        try daemon.set("ECRYPTOPAY_WEBHOOK_PATHS", "/elsewhere/0123456789abcdef")
        try daemon.set("ECRYPTOPAY_IDLE_TIMEOUT", "soon")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "the old configuration stays in force")
        #expect(daemon.process?.errors.contains("ECRYPTOPAY_IDLE_TIMEOUT") == true)
        #expect(try status(at: "/moved/0123456789abcdef") == 200)
        #expect(try status(at: "/elsewhere/0123456789abcdef") == 404)
        try daemon.set("ECRYPTOPAY_IDLE_TIMEOUT", nil)
        try daemon.set("ECRYPTOPAY_LISTEN", "127.0.0.1:1")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "needs a restart")
        try daemon.set("ECRYPTOPAY_LISTEN", nil)
        try daemon.set("ECRYPTOPAY_CLIENT_ID", "somebody-else")
        daemon.process?.signal(SIGHUP)
        try await daemon.process?.waitForOutput(containing: "belongs to the client id")
        try await daemon.end()
    }

    @Test func `the limit of open files is raised as far as the system allows`() async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_LISTEN", "127.0.0.1:0")
        try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalDirectory)
        let binary = try builtBinary(named: "ecryptopayd")
        let process = try ChildProcess(
            "/bin/sh", ["-c", "ulimit -S -n 256; exec \(binary) serve --env-file \(daemon.envFile)"])
        try await process.waitForOutput(containing: "listening on")
        let limits = String(decoding: try readFile("/proc/\(process.pid)/limits"), as: UTF8.self)
        let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        let words = line.split(separator: " ")
        #expect(words[3] == words[4], "\(line)")
        process.signal(SIGTERM)
        try await process.waitForExit()
    }

    @Test func `a socket that systemd passes under an unknown name is a configuration error`() async throws {
        let daemon = try DaemonUnderTest()
        let socket = try ListeningSocket(binding: try SocketAddress(parsing: "127.0.0.1:0"))
        try daemon.set("ECRYPTOPAY_JOURNAL", daemon.journalDirectory)
        let process = try ChildProcess(
            try builtBinary(named: "ecryptopayd"), ["serve", "--env-file", daemon.envFile],
            sockets: [.init(name: "webhooks", descriptor: socket.descriptor.number)])
        #expect(try await process.waitForExit() == .code(78))
        #expect(process.errors.contains("webhooks"))
    }
}
