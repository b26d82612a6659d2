import Glibc
import JSON
import TestSupport
import Testing

/// What anybody may send, or leave in a directory, shown on a terminal.
struct TerminalTests {
    /// In a report: each as it stands in UTF-8, since JSON allows it.
    static let harmful = "\u{9b}2J\u{202e}\u{2028}\u{7f}\u{200b}\u{feff}\u{61c}\u{2066}\u{85}"

    private func expectHarmless(_ text: String, _ what: String) {
        // The progress bar's own, and the terminal's line ends.
        let text = text.replacing("\u{1b}[K", with: "")
        for scalar in text.unicodeScalars where scalar != "\n" && scalar != "\r" {
            let code = String(scalar.value, radix: 16)
            #expect(VisibleText.isVisible(scalar), "\(what): \(code) in \(text.debugDescription)")
        }
    }

    @Test func `what an anonymous webhook holds steers no terminal, and goes into a pipe byte for byte`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let state = "paid\(Self.harmful)漢字"
        let body = #"{"id":7,"state":"\#(state)","amount":"1","\#(Self.harmful)":1}"#
        #expect(try daemon.post(body).status == 200)
        // A name that a compromised account leaves, told by verify.
        try daemon.directory.write("x", to: "journal/\(Self.harmful).jsonl")
        let binary = try builtBinary(named: "ecryptopayd")
        let directory = ["--directory", daemon.journalDirectory]
        for arguments in [
            ["journal", "cat"] + directory, ["journal", "stats"] + directory, ["journal", "verify"] + directory,
            ["journal", "verify", "--json"] + directory, ["journal", "cat", "--directory", "/\(Self.harmful)"],
            ["status", "--env-file", daemon.envFile], ["status", "--json", "--env-file", daemon.envFile],
            ["check", "--json", "--env-file", daemon.envFile], ["check", "--env-file", "/\(Self.harmful)"],
            ["payments", "get", "7\(Self.harmful)"], ["journal", "cat", "--\(Self.harmful)"],
        ] {
            let shown = try await ChildProcess.runOnTerminal(binary, arguments, workingDirectory: daemon.directory.path)
            #expect(!shown.output.isEmpty)
            expectHarmless(shown.output, "\(arguments)")
        }
        let shown = try await ChildProcess.runOnTerminal(binary, ["journal", "cat", "--kind", "received"] + directory)
        let record = try JSONValue(parsing: Array(shown.output.replacing("\r\n", with: "").utf8))
        #expect(record["report"]?["state"]?.string == state, "the same JSON, and letters as they are")
        #expect(shown.output.contains("漢字") && shown.output.contains(#"\u009b2J\u202e\u2028\u007f"#))
        let piped = try await daemon.run(["journal", "cat", "--kind", "received"] + directory)
        #expect(piped.output.contains(#""state":"\#(state)""#), "\(piped.output.debugDescription)")
        // It ends with the terminal.
        let command = "\(binary) journal follow --after 0 --directory \(daemon.journalDirectory)"
        let follow = try ChildProcess("/usr/bin/script", ["-q", "-c", command, "/dev/null"])
        try await follow.waitForOutput(containing: "漢字")
        try await eventually("the whole line") { follow.output.unicodeScalars.last == "\n" }
        expectHarmless(follow.output, "follow")
        follow.signal(SIGTERM)
        try await daemon.end()
        let log = try #require(daemon.process).errors
        expectHarmless(log, "the log")
    }
}
