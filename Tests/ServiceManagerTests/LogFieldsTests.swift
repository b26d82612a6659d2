import Logging
import Testing

@testable import ServiceManager

@Suite struct LogFieldsTests {
    private func fields(
        _ own: Logger.Metadata, logger: Logger.Metadata = [:], provider: Logger.MetadataProvider? = nil,
        error: (any Error)? = nil
    ) -> LogFields {
        let event = LogEvent(
            level: .info, message: "m", error: error, metadata: own, source: "s", file: "f", function: "g", line: 1)
        return LogFields(logger: logger, provider: provider, event: event)
    }

    @Test func `fields follow the message, sorted by key`() {
        #expect(fields(["b": "2", "a": "1"]).line("hello") == "hello  a=1 b=2")
        #expect(fields([:]).line("hello") == "hello")
    }

    @Test func `the event's own metadata wins over the provider's, and that over the logger's`() {
        let merged = fields(
            ["c": "event"], logger: ["a": "logger", "b": "logger", "c": "logger"],
            provider: Logger.MetadataProvider { ["b": "provider", "c": "provider"] })
        #expect(merged.line("m") == "m  a=logger b=provider c=event")
    }

    @Test func `an error of a log event becomes a field`() {
        #expect(fields([:], error: SocketActivationError.refused(errno: 22)).pairs.map(\.key) == ["error"])
    }

    @Test(
        "a value that could be misread is quoted",
        arguments: [
            ("", "\"\""), ("a b", "\"a b\""), ("a\"b", "\"a\\\"b\""), ("a=b", "a=b"), ("a\\b", "a\\\\b"),
            ("a \\\"b", "\"a \\\\\\\"b\""),
        ])
    func quotes(value: String, shown: String) { #expect(fields(["k": "\(value)"]).line("m") == "m  k=\(shown)") }

    @Test(
        "nothing can end the line, move the cursor or reorder what is shown",
        arguments: [
            ("a\nb", "a\\nb"), ("a\r\nb", "a\\r\\nb"), ("a\tb", "a\\tb"), ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{0}", "\\u{0}"), ("\u{7f}", "\\u{7f}"), ("\u{9b}x", "\\u{9b}x"), ("\u{202e}x", "\\u{202e}x"),
            ("\u{2028}", "\\u{2028}"), ("año €", "año €"), ("\\n", "\\\\n"),
        ])
    func escapes(text: String, shown: String) {
        #expect(LogFields.escaped(text) == shown)
        #expect(fields([:]).line(text) == shown)
    }

    @Test func `the message's id is no text, and only when it is one`() {
        let id = "0123456789abcdef0123456789ABCDEF"
        #expect(fields(["MESSAGE_ID": "\(id)"]).messageID == id)
        #expect(fields(["MESSAGE_ID": "\(id)"]).line("m") == "m")
        #expect(fields(["MESSAGE_ID": "nonsense"]).messageID == nil)
    }
}
