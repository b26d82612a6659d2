import Glibc
import JSON
import TestSupport
import Testing

/// A forger's flood on a small disk: what was refuted goes, and what was confirmed stays.
struct RefutedFloodTests {
    private func isHealthy(_ daemon: DaemonUnderTest) throws -> Bool {
        let client = try ClientSocket(daemon.address)
        try client.send("GET /healthz HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        return try client.receive().status == 200
    }

    @Test func `after a flood of forged reports several times as large as the disk, genuine ones are taken again`()
        async throws
    {
        let flood = try await FloodedDisk(["JOURNAL_SEGMENT_BYTES": "300000", "MAX_BODY_BYTES": "262144"])
        let (sandbox, daemon) = (flood.sandbox, flood.daemon)
        var known: [Int64] = []
        for _ in 0..<40 { known.append(try sandbox.create()) }
        try await flood.start()
        try await eventually("the baseline is complete") {
            try await flood.run("cat", "--kind", "baseline").output != ""
        }

        let genuine = known.removeFirst()
        try sandbox.move(genuine, to: "paid")
        #expect(try daemon.post(DaemonUnderTest.report(genuine)).status == 200)
        try await eventually("the confirmation") { try await flood.payments("confirmed").last == genuine }
        // Thirty reports of a quarter of a megabyte, where there is room for eight.
        let padding = String(repeating: "x", count: 250_000)
        for id in known.prefix(30) {
            let forged = #"{"id":\#(id),"state":"paid","amount":"9999.00","qr_image_path":"\#(padding)"}"#
            // While there is no room, it need not be sent to be refused: the daemon looks for some every ten seconds.
            try await eventually("a report is taken", within: .seconds(300)) {
                try isHealthy(daemon) && daemon.post(forged).status == 200
            }
        }
        let late = try #require(known.last)
        try sandbox.move(late, to: "paid")
        try await eventually("a genuine report is taken", within: .seconds(300)) {
            try daemon.post(DaemonUnderTest.report(late)).status == 200
        }
        try await eventually("its confirmation") { try await flood.payments("confirmed").last == late }
        try await daemon.end()
        #expect(daemon.process?.errors.contains("held nothing but reports that were refuted") == true)

        let verified = try await flood.run("verify")
        #expect(verified.exit == .code(0), "\(verified.errors)")
        #expect(Set(try await flood.payments("confirmed")).isSuperset(of: known + [genuine]))
        #expect(try await flood.payments("received").count < 20, "most of the flood is gone")
        try await flood.start()
        try await eventually("a report is taken") { try daemon.post(DaemonUnderTest.report(genuine)).status == 200 }
        #expect(try await daemon.end() == .code(0))
        let again = try await flood.run("verify")
        #expect(again.exit == .code(0), "\(again.errors)")
        flood.end()
    }

    /// Reports of fifteen kilobytes, all of it in members that the documentation names, and a payment that changes in each segment.
    @Test func `after a flood around genuine records in each segment, genuine reports are taken again`() async throws {
        let flood = try await FloodedDisk(["JOURNAL_SEGMENT_BYTES": "200000", "CONFIRM_RATE": "1000"])
        let (sandbox, daemon) = (flood.sandbox, flood.daemon)
        var genuine: [Int64] = []
        var attacked: [Int64] = []
        for _ in 0..<20 { genuine.append(try sandbox.create()) }
        for _ in 0..<60 { attacked.append(try sandbox.create()) }
        try await flood.start()
        try await eventually("the baseline is complete") {
            try await flood.run("cat", "--kind", "baseline").output != ""
        }
        // While there is no room, the daemon looks for some every ten seconds.
        func take(_ report: String) async throws {
            try await eventually("a report is taken", within: .seconds(300)) {
                try isHealthy(daemon) && daemon.post(report).status == 200
            }
        }
        let padding = String(repeating: "x", count: 15_000)
        for (turn, id) in genuine.enumerated() {
            try sandbox.move(id, to: "paid")
            try await take(DaemonUnderTest.report(id))
            for index in 0..<16 {
                let victim = attacked[(turn * 16 + index) % attacked.count]
                try await take(
                    #"{"id":\#(victim),"state":"paid","amount":"\#(9000 + turn).00","qr_image_path":"\#(padding)"}"#)
            }
        }
        try await eventually("each genuine payment is confirmed", within: .seconds(60)) {
            Set(try await flood.payments("confirmed")).isSuperset(of: genuine)
        }
        try await daemon.end()
        #expect(daemon.process?.errors.contains("segments compacted") == true)
        let verified = try await flood.run("verify")
        #expect(verified.exit == .code(0), "\(verified.errors)")
        try await flood.start()
        #expect(Set(try await flood.payments("confirmed")).isSuperset(of: genuine))
        #expect(try await daemon.end() == .code(0))
        flood.end()
    }

    @Test func `a disk that runs low without a flood is logged with what to do`() async throws {
        let daemon = try DaemonUnderTest()
        let small = try daemon.directory.makeDirectory("small")
        let (holder, wrapper) = try await FloodedDisk.mount("1m", on: small)
        try daemon.set("ECRYPTOPAY_JOURNAL", "\(small)/journal")
        try daemon.set("ECRYPTOPAY_MIN_FREE_BYTES", "600000")
        try await daemon.start(environment: ["ECRYPTOPAY_JOURNAL": "\(small)/journal"], through: wrapper)
        try await daemon.process?.waitForOutput(containing: "less than twice ECRYPTOPAY_MIN_FREE_BYTES=600000")
        try await daemon.process?.waitForOutput(containing: "Make room on the disk")
        #expect(try await daemon.end() == .code(0))
        holder.signal(SIGKILL)
    }
}

/// A daemon with its journal on a file system of its own, of three megabytes, and the API that it asks.
private struct FloodedDisk {
    let sandbox: SandboxProcess
    let daemon: DaemonUnderTest
    private let journal: String
    private let holder: ChildProcess
    private let wrapper: [String]

    init(_ settings: [String: String]) async throws {
        sandbox = try await SandboxProcess.start()
        daemon = try DaemonUnderTest(apiURL: sandbox.apiURL, account: sandbox.settings)
        let small = try daemon.directory.makeDirectory("small")
        (holder, wrapper) = try await Self.mount("3m", on: small)
        journal = "\(small)/journal"
        let all = ["JOURNAL": journal, "MIN_FREE_BYTES": "1000000"].merging(settings) { $1 }
        for (key, value) in all { try daemon.set("ECRYPTOPAY_\(key)", value) }
    }

    /// A file system of its own for the journal, as long as the process lives; and what runs a program in it.
    fileprivate static func mount(_ size: String, on directory: String) async throws -> (ChildProcess, [String]) {
        let holder = try ChildProcess(
            "/usr/bin/unshare",
            [
                "--user", "--map-root-user", "--mount", "/bin/sh", "-c",
                "mount -t tmpfs -o size=\(size) none \(directory) && echo mounted && exec sleep 600",
            ], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        try await holder.waitForOutput(containing: "mounted")
        return (
            holder,
            ["/usr/bin/nsenter", "--target", "\(holder.pid)", "--user", "--mount", "--preserve-credentials", "--"]
        )
    }

    func start() async throws {
        try await daemon.start(environment: ["ECRYPTOPAY_JOURNAL": journal], through: wrapper)
    }

    /// The file system goes with it.
    func end() { holder.signal(SIGKILL) }

    /// A journal command.
    func run(_ command: String, _ options: String...) async throws -> ChildProcess.Result {
        try await daemon.run(["journal", command, "--directory", "/proc/\(holder.pid)/root\(journal)"] + options)
    }

    /// The payments in records of a kind.
    func payments(_ kind: String) async throws -> [Int64] {
        let lines = try await run("cat", "--kind", kind).output.split(separator: "\n")
        return try lines.compactMap { try JSONValue(parsing: Array($0.utf8))["payment"]?.integer }
    }
}
