import Glibc
import POSIX
import TestSupport
import Testing

/// Many clients that hold the real binary up, over real sockets.
@Suite(.ownThread) struct SlowClientTests {
    /// How many descriptors a process has open.
    private static func descriptors(of pid: pid_t) -> Int {
        guard let directory = opendir("/proc/\(pid)/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }

    /// `slowhttptest` is a client of its own making, and not one that knows this server.
    @Test(arguments: [["-H", "-x", "10"], ["-B", "-s", "8192", "-x", "10"]])
    func `slowhttptest is answered 408, and meanwhile others are served`(mode: [String]) async throws {
        let daemon = try DaemonUnderTest()
        try daemon.set("ECRYPTOPAY_REQUEST_TIMEOUT", "3s")
        try await daemon.start()
        let pid = try #require(daemon.process?.pid)
        let attack = try ChildProcess(
            "/usr/bin/slowhttptest",
            mode + ["-c", "200", "-r", "200", "-i", "1", "-l", "60", "-v", "4", "-u", "http://\(daemon.address)/"],
            workingDirectory: daemon.directory.path)
        var id: Int64 = 0
        var servedMeanwhile = 0
        while attack.exit == nil {
            let before = Self.descriptors(of: pid)
            id += 1
            #expect(try daemon.post(DaemonUnderTest.report(id)).status == 200)
            if before >= 200, Self.descriptors(of: pid) >= 200 { servedMeanwhile += 1 }
            // It is the others that are to be slow.
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(servedMeanwhile > 0)
        try await attack.waitForExit()
        #expect(attack.output.contains("No open connections left"))
        let refusals = attack.output.split(separator: "HTTP/1.1 408 Request Timeout").count - 1
        // All of them on a machine with time to spare; one that reads too late finds the connection gone.
        #expect(refusals >= 100)
        #expect(try await daemon.end() == .code(0))
    }

    @Test func `ten thousand idle connections hold nobody up`() async throws {
        let needed: UInt64 = 10_300
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try #require(
            limit.rlim_max >= needed, "this test needs a hard limit of \(needed) open files: see ulimit -Hn")
        // In a process of its own, whose limit may be raised and whose descriptors are nobody else's.
        await #expect(processExitsWith: .success) {
            try ResourceLimit.raiseOpenFiles()
            let daemon = try DaemonUnderTest()
            try daemon.set("ECRYPTOPAY_MAX_CONNECTIONS", "10100")
            try await daemon.start()
            let pid = try #require(daemon.process?.pid)
            let idle = try (0..<10_000).map { _ in try ClientSocket(daemon.address) }
            try await eventually("ten thousand to be accepted") { Self.descriptors(of: pid) > 10_000 }
            for id in 1...20 { try #require(try daemon.post(DaemonUnderTest.report(Int64(id))).status == 200) }
            // Any of them may still be used.
            for client in [idle[0], idle[5000], idle[9999]] {
                try client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
                try #require(try client.receive().status == 200)
            }
            for client in idle { client.close() }
            try await eventually("their end") { Self.descriptors(of: pid) < 1000 }
            try #require(try daemon.post(DaemonUnderTest.report(21)).status == 200)
            try #require(try await daemon.end() == .code(0))
        }
    }
}
