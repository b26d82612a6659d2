import Glibc
import Logging
import Testing

@testable import ServiceManager

@Suite struct ServiceLoggingTests {
    @Test func `JOURNAL_STREAM names device and inode of standard error`() {
        #expect(ServiceLogging.names("9:123", device: 9, inode: 123))
        for other in ["9:124", "8:123", "9:1234", "9", "", ":", "9:123 "] {
            #expect(!ServiceLogging.names(other, device: 9, inode: 123), "\(other)")
        }
    }

    @Test func `without a journal's stream lines go to standard error`() async throws {
        let result = try #require(
            await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
                // As a shell inherits it from a service: another file than standard error.
                setenv("JOURNAL_STREAM", "1:1", 1)
                let control = ServiceLogging.bootstrap(identifier: "x", level: .info)
                let logger = Logger(label: "test")
                logger.debug("hidden")
                control.level = .debug
                logger.debug("shown", metadata: ["a": "b"])
                exit(EXIT_SUCCESS)
            })
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.hasSuffix("Z debug  shown  a=b\n"))
        #expect(!text.contains("hidden"))
    }

    @Test func `when standard error is a journal's stream the journal gets the fields instead`() async throws {
        let result = try #require(
            await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
                var status = stat()
                fstat(STDERR_FILENO, &status)
                setenv("JOURNAL_STREAM", "\(status.st_dev):\(status.st_ino)", 1)
                _ = ServiceLogging.bootstrap(identifier: "x", level: .info)
                Logger(label: "test").info("structured")
                exit(EXIT_SUCCESS)
            })
        #expect(!String(decoding: result.standardErrorContent, as: UTF8.self).contains("structured"))
    }
}
