import Glibc
import JSON
import TestSupport
import Testing

/// A journal that is set back to an earlier point, and what the shop sees of it.
struct RestoreTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// How an operator sets the journal back to the copy `backup`, and what the start is told.
    struct Way: Sendable, CustomTestStringConvertible {
        let commands: String
        var options: [String] = []
        var testDescription: String { commands }
    }

    private static let ways = [
        Way(commands: "rm -r journal && cp -r backup journal"),
        Way(commands: "rm -rf old && mv journal old && mkdir journal && tar -C backup -cf - . | tar -C journal -xf -"),
        // Over what is there.
        Way(commands: "rsync -a --delete backup/ journal/"),
        // Into the files that are there.
        Way(commands: "rsync -ac --inplace --delete backup/ journal/"),
        Way(commands: "find journal -type f ! -name lock -delete && cp -r backup/. journal/"),
        // Nobody can see it: each file is still the same, with what it had.
        Way(
            commands:
                "for file in $(ls journal); do test -e backup/$file && cp backup/$file journal/ || rm journal/$file; done; rm journal.seen",
            options: ["--restored"]),
        // The file is damaged: it might be anybody's.
        Way(commands: "rsync -a --delete backup/ journal/ && echo restored > journal/place"),
    ]

    private func shell(_ command: String, _ daemon: DaemonUnderTest) async throws {
        let result = try await ChildProcess.run(
            "/bin/sh", ["-c", "cd \(daemon.directory.path) && \(command)"], environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exit == .code(0), "\(command): \(result.errors)")
    }

    private func pay(_ sandbox: SandboxProcess, _ daemon: DaemonUnderTest, _ shop: ShopServer) async throws -> Int64 {
        let id = try sandbox.create()
        try sandbox.move(id, to: "paid")
        let before = shop.deliveries.count
        #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
        try await eventually("payment \(id) is delivered") {
            shop.deliveries.dropFirst(before).contains { payment($0) == id }
        }
        return id
    }

    private func body(_ delivery: ShopServer.Delivery) -> JSONValue? {
        try? JSONValue(parsing: Array(delivery.body.utf8))
    }
    private func payment(_ delivery: ShopServer.Delivery) -> Int64? { body(delivery)?["data"]?["id"]?.integer }
    private func seq(_ delivery: ShopServer.Delivery) -> Int64 { body(delivery)?["seq"]?.integer ?? 0 }

    @Test(arguments: ways)
    func `no number and no webhook-id is given out again, and all that changed since is delivered`(_ way: Way)
        async throws
    {
        let shop = try ShopServer()
        let sandbox = try await SandboxProcess.start()
        let daemon = try DaemonUnderTest(account: sandbox.settings)
        try daemon.set("ECRYPTOPAY_FORWARD_URLS", shop.url)
        try daemon.set("ECRYPTOPAY_FORWARD_SECRET", Self.secret)
        try await daemon.startWithBaseline()
        let old = try await pay(sandbox, daemon, shop)
        // Made an hour ago, as those see it who go by the files' times.
        try await shell("cp -a journal backup && find backup -exec touch -d '1 hour ago' {} +", daemon)
        var lost: [Int64] = []
        // The same backup, again and again.
        for round in 0..<3 {
            lost.append(try await pay(sandbox, daemon, shop))
            try await daemon.end()
            let before = shop.deliveries.count
            try await shell(way.commands, daemon)
            try await daemon.start(options: way.options)
            // What no webhook tells any more.
            try await eventually("what changed since is delivered") {
                Set(shop.deliveries.dropFirst(before).compactMap(payment)).isSuperset(of: lost)
            }
            #expect(!shop.deliveries.dropFirst(before).contains { payment($0) == old && seq($0) > 1 << 32 })
            let status = try daemon.status()
            #expect(status["journal"]?["restored"]?["after"]?.integer == (try daemon.lastOfBackup()), "round \(round)")
            #expect(
                daemon.process?.errors.contains("the journal was restored: its last record was") == true)
        }
        let new = try await pay(sandbox, daemon, shop)
        // Not another time.
        try await daemon.end()
        try await daemon.start()
        #expect(daemon.process?.errors.contains("restored") == false)
        #expect(try daemon.status()["journal"]?["restored"]?["after"]?.integer == (try daemon.lastOfBackup()))
        _ = try await pay(sandbox, daemon, shop)
        try await daemon.end()
        // As a shop sees it: an id stands for one body, and what comes new about a payment has a higher number.
        for deliveries in Dictionary(grouping: shop.deliveries, by: { $0.id ?? "" }).values {
            #expect(Set(deliveries.map(\.body)).count == 1)
        }
        var seen: [Int64: Int64] = [:]
        for delivery in shop.deliveries {
            guard let payment = payment(delivery) else { continue }
            #expect(seq(delivery) >= seen[payment] ?? 0, "payment \(payment)")
            seen[payment] = seq(delivery)
        }
        #expect(try #require(seen[new]) > 1 << 32)
        for payment in lost { #expect(try #require(seen[payment]) > 1 << 32) }
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(0), "\(verified.errors)")
        await shop.stop()
    }
}

extension DaemonUnderTest {
    fileprivate func lastOfBackup() throws -> Int64? { try journal(in: "backup").last?["seq"]?.integer }
}
