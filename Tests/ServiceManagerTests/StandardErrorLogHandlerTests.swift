import Glibc
import Logging
import Synchronization
import Testing

@testable import ServiceManager

@Suite struct StandardErrorLogHandlerTests {
    @Test func `a message is one line with time, level, text and fields`() throws {
        let lines = Mutex<[String]>([])
        var logger = Logger(label: "test") { _ in
            StandardErrorLogHandler(control: LogLevelControl(.info)) { line in
                lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
        logger[metadataKey: "payment"] = "42"
        logger.info("report\naccepted", metadata: ["peer": "127.0.0.1:1"])
        let line = try #require(lines.withLock { $0 }.first)
        #expect(line.hasSuffix("Z info  report\\naccepted  payment=42 peer=127.0.0.1:1\n"))
        #expect(line.prefix(25).count { $0 == "-" || $0 == ":" } == 4)
    }

    @Test func `the common level can change at run time, unless a logger has its own`() {
        let control = LogLevelControl(.info)
        let count = Mutex(0)
        let logger = Logger(label: "test") { _ in
            StandardErrorLogHandler(control: control) { _ in count.withLock { $0 += 1 } }
        }
        var own = logger
        own.logLevel = .error
        logger.debug("x")
        #expect(count.withLock { $0 } == 0)
        control.level = .debug
        logger.debug("x")
        #expect(count.withLock { $0 } == 1)
        own.debug("x")
        #expect(count.withLock { $0 } == 1)
        control.level = .critical
        logger.error("x")
        #expect(count.withLock { $0 } == 1)
        own.error("x")
        #expect(count.withLock { $0 } == 2)
    }
}
