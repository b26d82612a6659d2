import Glibc
import JSON
import TestSupport
import Testing

/// P1 on the real binary.
struct DurabilityTests {
    @Test func `a report that was answered 200 is in the journal, once`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let answer = try daemon.post(DaemonUnderTest.report(42))
        #expect(answer.status == 200)
        #expect(answer.body == #"{"status":"accepted"}"#)
        let records = try daemon.records("received")
        #expect(records.count == 1)
        #expect(records.first?["payment"]?.integer == 42)
        #expect(records.first?["report"]?["state"]?.string == "paid")
        #expect(try await daemon.end() == .code(0))
        #expect(try daemon.journal().map { $0["kind"]?.string } == ["opened", "received", "closed"])
    }

    @Test func `no acknowledged report is lost by kill -9 under load, again and again`() async throws {
        let daemon = try DaemonUnderTest()
        var acknowledged: Set<Int64> = []
        var next: Int64 = 1
        for _ in 0..<200 {
            try await daemon.start()
            var clients: [(ClientSocket, Int64)] = []
            // Two rounds whose answers are read, and one that the kill may catch anywhere.
            for round in 0..<3 {
                for index in 0..<16 {
                    let client = round == 0 ? try ClientSocket(daemon.address) : clients[index].0
                    try client.send(DaemonUnderTest.request(DaemonUnderTest.report(next)))
                    if round == 0 { clients.append((client, next)) } else { clients[index].1 = next }
                    next += 1
                }
                if round == 2 { break }
                for (client, id) in clients where try client.receive().status == 200 { acknowledged.insert(id) }
            }
            #expect(try await daemon.end(SIGKILL) == .signal(SIGKILL))
            for (client, id) in clients {
                // What was answered before the kill counts; who got none may send again.
                if let answer = try? client.receive(), answer.status == 200 { acknowledged.insert(id) }
            }
        }
        try await daemon.start()
        try await daemon.end()
        let journaled = try daemon.records("received").compactMap { $0["payment"]?.integer }
        #expect(acknowledged.subtracting(journaled).isEmpty)
        #expect(journaled.count == Set(journaled).count)
        #expect(acknowledged.count >= 200 * 32)
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(0), "\(verified.errors)")
    }

    @Test func `a torn tail is set aside, and the rest goes on`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        _ = try daemon.post(DaemonUnderTest.report(1))
        try await daemon.end(SIGKILL)
        let segment = "journal/00000000000000000001.jsonl"
        let whole = try daemon.directory.readText(segment)
        _ = try daemon.directory.write(whole + #"{"crc":"00000000","seq":3,"#, to: segment)
        let damaged = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(damaged.exit == .code(65))
        #expect(damaged.errors.contains("00000000000000000001.jsonl at byte \(whole.utf8.count)"))
        try await daemon.start()
        #expect(daemon.process?.errors.contains("torn tail: 26 bytes cut") == true)
        #expect(try daemon.directory.names(in: "journal").contains { $0.contains(".torn-\(whole.utf8.count)") })
        #expect(try daemon.post(DaemonUnderTest.report(2)).status == 200)
        try await daemon.end()
        #expect(try daemon.records("received").compactMap { $0["payment"]?.integer } == [1, 2])
    }

    @Test func `a damaged record that had been synced stops the start, and nothing is changed`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        for id in 1...3 { _ = try daemon.post(DaemonUnderTest.report(Int64(id))) }
        try await daemon.end(SIGKILL)
        let segment = "journal/00000000000000000001.jsonl"
        var bytes = try daemon.directory.read(segment)
        let place = bytes.count / 2
        bytes[place] ^= 1
        _ = try daemon.directory.write(bytes, to: segment)
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(65))
        let errors = try #require(daemon.process?.errors)
        #expect(errors.contains("00000000000000000001.jsonl at byte"))
        #expect(errors.contains("journal verify"))
        #expect(try daemon.directory.read(segment) == bytes)
    }

    @Test func `two daemons on one journal: the second is refused`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let second = try await daemon.run(
            ["serve", "--env-file", daemon.envFile],
            environment: ["ECRYPTOPAY_JOURNAL": daemon.journalDirectory, "ECRYPTOPAY_LISTEN": "127.0.0.1:0"])
        #expect(second.exit == .code(75))
        #expect(second.errors.contains("another process works on the journal"))
        #expect(try daemon.post(DaemonUnderTest.report(1)).status == 200)
        try await daemon.end()
    }

    @Test func `another account's journal is refused`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        try await daemon.end()
        try daemon.set("ECRYPTOPAY_CLIENT_ID", "somebody-else")
        try daemon.launch()
        #expect(try await daemon.process?.waitForExit() == .code(78))
        #expect(daemon.process?.errors.contains("\"client\"") == true)
    }

    @Test func `bad input leaves the journal as it was`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let before = try daemon.journal()
        for body in ["", "x", "[]", #"{"id":0,"state":"x"}"#, #"{"id":1}"#, #"{"id":1,"state":"x","state":"y"}"#] {
            #expect(try daemon.post(body).status == 400)
        }
        for bytes in [
            "GET\r\n\r\n", "POST / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}", "POST / HTTP/1.1\r\nHost : x\r\n\r\n",
        ] {
            let client = try ClientSocket(daemon.address)
            try client.send(bytes)
            try client.finishSending()
            _ = try? client.receive()
        }
        #expect(try daemon.journal() == before)
        try await daemon.end()
    }

    @Test func `whatever is accepted can be read back, by the next start and by jq`() async throws {
        let daemon = try DaemonUnderTest()
        try await daemon.start()
        let deepest = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        let oddities = [
            #"{"id":1,"state":"x","n":\#(deepest)}"#, #"{"id":2,"state":"\u0000\u001f\ud83d\ude00\/"}"#,
            #"{"id":3,"state":"x","n":[1e999,-0.0,1E-999,123456789012345678901234567890]}"#,
            #"{"id":4,"state":"x","a":{"b":1,"b":2},"":0}"#, "{\"id\":5,\"state\":\"\u{2028}\u{7f}é\"}",
            #"{"id":9223372036854775807,"state":"x"}"#, "{ \"id\" : 6 ,\r\n\t\"state\" : \" a b \" }",
            #"{"id":7,"state":"x","s":"\#(String(repeating: "y", count: 16_000))"}"#,
        ]
        for body in oddities { #expect(try daemon.post(body).status == 200, "\(body.prefix(60))") }
        #expect(try daemon.post(#"{"id":8,"state":"x","n":\#("[" + deepest + "]")}"#).status == 400)
        #expect(try daemon.post(#"{"id":9,"state":"x","a":"\ud800"}"#).status == 400)
        try await daemon.end(SIGKILL)
        try await daemon.start()
        try await daemon.end()
        let verified = try await daemon.run(["journal", "verify", "--directory", daemon.journalDirectory])
        #expect(verified.exit == .code(0), "\(verified.errors)")
        let jq = try await ChildProcess.run(
            "/usr/bin/jq", ["-c", ".kind", daemon.directory.path(of: "journal/00000000000000000001.jsonl")])
        #expect(jq.exit == .code(0), "\(jq.errors)")
        #expect(jq.output.split(separator: "\n").count == oddities.count + 3)
    }
}
