import Glibc
import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

/// What a client can cause a thousand times must not fill the log.
struct LogFloodTests {
    @Test func `a shortage of descriptors that comes and goes is logged once`() async throws {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let log = Log()
            try await withServer(log: log) { _, address in
                // All but those that the server leaves to others.
                var fillers: [Int32] = []
                while fillers.last ?? 0 < 4096 - 56 {
                    fillers.append(try check("open") { open("/dev/null", O_RDONLY | O_CLOEXEC) })
                }
                let clients = try (0..<40).map { _ in try ClientSocket(address) }
                for client in clients { try client.send(request("GET /")) }
                for client in clients {
                    try #require(try client.receive().status == 200)
                    // Two become free, the server takes two at once, and is short again.
                    close(fillers.removeFirst())
                    client.close()
                }
                try #require(log.count(of: "new connections wait") == 1)
                try #require(log.count(of: "accepting connections again") == 1)
                for descriptor in fillers { close(descriptor) }
            }
        }
    }

    @Test func `requests that take too much memory are logged once`() async throws {
        var options = HTTPServer.Options.patient
        options.limits.bodyBytes = 100_000
        options.requestMemory = 50_000
        let log = Log()
        try await withServer(options, log: log) { _, address in
            for _ in 0..<20 {
                let client = try ClientSocket(address)
                try client.send(
                    request("POST /", "Content-Length: 90000\r\n", body: String(repeating: "x", count: 90_000)))
                #expect(try client.receive().status == 503)
            }
            #expect(log.count(of: "bytes of memory") == 1)
        }
    }
}
