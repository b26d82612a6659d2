import Glibc
import HTTP1
import HTTPServer
import POSIX
import TestSupport
import Testing

struct CapacityTests {
    @Test func `beyond the most connections, accepting waits and goes on later`() async throws {
        var options = HTTPServer.Options.patient
        options.maxConnections = 2
        try await withServer(options) { server, address in
            let clients = try (0..<4).map { _ in try ClientSocket(address) }
            for (number, client) in clients.enumerated() { try client.send(request("GET /\(number)")) }
            for number in 0..<2 { #expect(try clients[number].receive().body == "get /\(number) ") }
            // The server has seen all four waiting by now, since it answers a request that came after them.
            try clients[0].send(request("GET /again"))
            #expect(try clients[0].receive().body == "get /again ")
            #expect(server.openConnections == 2)
            clients[0].close()
            clients[1].close()
            for number in 2..<4 { #expect(try clients[number].receive().body == "get /\(number) ") }
        }
    }

    @Test func `the end of an idle connection lets in who waits`() async throws {
        var options = HTTPServer.Options.patient
        options.maxConnections = 1
        options.idleTimeout = .milliseconds(100)
        try await withServer(options) { _, address in
            let first = try ClientSocket(address)
            try first.send(request("GET /1"))
            #expect(try first.receive().status == 200)
            let second = try ClientSocket(address)
            try second.send(request("GET /2"))
            #expect(try second.receive().body == "get /2 ")
            first.close()
        }
    }

    @Test func `a higher bound lets in those who wait`() async throws {
        var options = HTTPServer.Options.patient
        options.maxConnections = 1
        try await withServer(options) { server, address in
            let first = try ClientSocket(address)
            try first.send(request("GET /1"))
            #expect(try first.receive().status == 200)
            let second = try ClientSocket(address)
            try second.send(request("GET /2"))
            options.maxConnections = 2
            server.update(options: options)
            #expect(try second.receive().body == "get /2 ")
            first.close()
        }
    }

    @Test func `when descriptors run short, those who come wait, and the log says so once`() async throws {
        await #expect(processExitsWith: .success) {
            // Far above what this process may have inherited: whoever takes the last descriptors must be this test.
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let log = Log()
            try await withServer(log: log) { server, address in
                // Some are left, but fewer than are kept for others than connections.
                var fillers: [Int32] = []
                while fillers.last ?? 0 < 4096 - 56 {
                    fillers.append(try check("open") { open("/dev/null", O_RDONLY | O_CLOEXEC) })
                }
                let clients = try (0..<8).map { _ in try ClientSocket(address) }
                for client in clients { try client.send(request("GET /")) }
                try #require(try clients[0].receive().status == 200)
                try clients[0].send(request("GET /again"))
                try #require(try clients[0].receive().status == 200)
                // One is let in with the last descriptor, and perhaps one more that the runtime has let go of meanwhile.
                try #require(server.openConnections < 8)
                try #require(log.count(of: "new connections wait") == 1)
                for descriptor in fillers { close(descriptor) }
                for client in clients.dropFirst() { try #require(try client.receive().status == 200) }
                try #require(log.count(of: "accepting connections again") >= 1)
            }
        }
    }

    @Test func `many connections at once are all served`() async throws {
        try await withServer { server, address in
            let clients = try (0..<200).map { _ in try ClientSocket(address) }
            for round in 0..<3 {
                for client in clients { try client.send(request("GET /\(round)")) }
                for client in clients { #expect(try client.receive().body == "get /\(round) ") }
            }
            #expect(server.openConnections == 200)
        }
    }
}
