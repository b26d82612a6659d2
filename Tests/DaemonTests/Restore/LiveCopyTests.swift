import Glibc
import JSON
import TestSupport
import Testing

/// Copies of the journal's directory, made while the daemon writes it.
struct LiveCopyTests {
    /// A tool that copies directories, as a shell calls it: `journal` to the directory `$1`, which is not there.
    enum Tool: String, CaseIterable {
        case cp = "cp -r journal $1"
        case tar = "mkdir $1 && tar -C journal -cf - . | tar -C $1 -xf -"
        case rsync = "rsync -a journal/ $1/"
        case restic = """
            restic -q --no-cache backup journal 2> /dev/null; restic -q --no-cache restore latest --target $1.all && \
            mv $1.all/journal $1 && rmdir $1.all
            """
    }

    private func shell(_ command: String, _ daemon: DaemonUnderTest) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            "/bin/sh", ["-c", "cd \(daemon.directory.path) && { \(command); }"],
            environment: [
                "PATH": "/usr/bin:/bin", "RESTIC_REPOSITORY": "repository", "RESTIC_PASSWORD": "hush",
                "HOME": daemon.directory.path,
            ])
    }

    /// How many copies each tool makes.
    private static var copies: Int { getenv("ECRYPTOPAYD_COPIES").flatMap { Int(String(cString: $0)) } ?? 12 }

    @Test(arguments: Tool.allCases)
    func `every copy of a journal that is being written starts, and has all that was acknowledged before it`(
        _ tool: Tool
    ) async throws {
        let daemon = try DaemonUnderTest()
        // So small that a copy often meets a segment that has just begun.
        try daemon.set("ECRYPTOPAY_JOURNAL_SEGMENT_BYTES", "6000")
        try await daemon.start()
        if tool == .restic { #expect(try await shell("restic -q --no-cache init", daemon).exit == .code(0)) }
        let load = WebhookLoad(daemon, clients: 4)
        try await eventually("segments follow each other") { try daemon.directory.names(in: "journal").count > 9 }
        var before: [Set<Int64>] = []
        for number in 0..<Self.copies {
            before.append(load.acknowledged)
            let command = tool.rawValue.replacing("$1", with: "copy\(number)")
            // A tool that warns of a file that changed has made a copy all the same.
            _ = try await shell(command, daemon)
        }
        load.end()
        #expect(try await daemon.end() == .code(0))
        for (number, acknowledged) in before.enumerated() {
            let copy = "copy\(number)"
            let verified = try await daemon.run([
                "journal", "verify", "--directory", "\(daemon.directory.path)/\(copy)",
            ])
            #expect(verified.exit == .code(0), "\(verified.output)\(verified.errors)")
            try await daemon.start(environment: ["ECRYPTOPAY_JOURNAL": daemon.directory.path(of: copy)])
            try await daemon.end()
            #expect(daemon.process?.errors.contains("the journal was restored") == true)
            let records = try daemon.journal(in: copy)
            let received = records.filter { $0["kind"]?.string == "received" }.compactMap { $0["payment"]?.integer }
            #expect(acknowledged.subtracting(received).isEmpty)
            let seqs = records.compactMap { $0["seq"]?.integer }
            #expect(zip(seqs, seqs.dropFirst()).count { $1 > $0 + 1 << 32 } == 1)
            #expect(zip(seqs, seqs.dropFirst()).count { $1 == $0 + 1 } == seqs.count - 2)
            _ = try await shell("rm -r \(copy)", daemon)
        }
    }
}
