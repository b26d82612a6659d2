import Glibc
import Logging
import Synchronization
import Testing

@testable import ServiceManager

@Suite struct JournaldLogHandlerTests {
    /// What is handed to journald, and what to standard error.
    private func submitted(
        answer: Int32 = 0, _ body: (Logger) -> Void
    ) -> (entries: [[String]], lines: [String]) {
        let entries = Mutex<[[String]]>([])
        let lines = Mutex<[String]>([])
        let control = LogLevelControl(.trace)
        let logger = Logger(label: "test") { _ in
            JournaldLogHandler(
                identifier: "ecryptopayd", control: control,
                fallback: StandardErrorLogHandler(control: control) { line in
                    lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                },
                submit: { fields in
                    entries.withLock { $0.append(fields.map { String(decoding: $0, as: UTF8.self) }) }
                    return answer
                })
        }
        body(logger)
        return (entries.withLock { $0 }, lines.withLock { $0 })
    }

    @Test func `an entry has its message, priority, name, id and fields`() {
        let id = "0123456789abcdef0123456789abcdef"
        let (entries, lines) = submitted { logger in
            logger.warning("refuted", metadata: ["payment": "42", "client-name": "a b", "MESSAGE_ID": "\(id)"])
        }
        #expect(
            entries == [
                [
                    "MESSAGE=refuted  client-name=\"a b\" payment=42", "PRIORITY=4", "SYSLOG_IDENTIFIER=ecryptopayd",
                    "MESSAGE_ID=\(id)", "ECRYPTOPAY_CLIENT_NAME=a b", "ECRYPTOPAY_PAYMENT=42",
                ]
            ])
        #expect(lines.isEmpty)
    }

    @Test func `a value with a newline cannot add fields to the entry`() {
        let (entries, _) = submitted { $0.info("a\nPRIORITY=0", metadata: ["k": "v\nPRIORITY=0"]) }
        #expect(entries[0][0] == "MESSAGE=a\\nPRIORITY=0  k=v\\nPRIORITY=0")
        // Each field is a vector of its own, in which journald takes a newline for part of the value.
        #expect(entries[0].last == "ECRYPTOPAY_K=v\nPRIORITY=0")
        #expect(entries[0].count == 4)
    }

    @Test func `levels are syslog's priorities`() {
        #expect(Logger.Level.allCases.map(JournaldLogHandler.priority) == [7, 7, 6, 5, 4, 3, 2])
    }

    @Test(
        "a field's name holds only what journald allows, and at most 64 bytes",
        arguments: [
            ("payment", "ECRYPTOPAY_PAYMENT"), ("last-error", "ECRYPTOPAY_LAST_ERROR"), ("a=b\n", "ECRYPTOPAY_A_B_"),
            (String(repeating: "x", count: 100), "ECRYPTOPAY_" + String(repeating: "X", count: 53)),
        ])
    func names(key: String, name: String) { #expect(JournaldLogHandler.fieldName(key) == name) }

    @Test func `what journald does not take goes to standard error`() {
        let (_, lines) = submitted(answer: -ENOBUFS) { $0.error("disk full", metadata: ["path": "/x"]) }
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("Z error  disk full  path=/x\n") == true)
    }
}
