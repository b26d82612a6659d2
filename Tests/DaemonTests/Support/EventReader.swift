import JSON
import POSIX
import Testing
import TestSupport

/// One who reads the events of a daemon, line by line.
final class EventReader {
    private let client: ClientSocket
    private var rest: [UInt8] = []

    init(_ daemon: DaemonUnderTest, _ query: String) throws {
        client = try ClientSocket(.unix(path: daemon.directory.path(of: "admin")))
        try client.send("GET /events\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.receiveHead().hasPrefix("HTTP/1.1 200 "))
    }

    /// The next record, passing over heartbeats.
    func next() throws -> JSONValue {
        // Heartbeats come however long there is nothing else.
        let deadline = Deadline(after: .seconds(60))
        while true {
            if deadline.hasPassed { throw DeadlinePassed(what: "a record from /events") }
            if let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(rest[..<newline])
                rest.removeFirst(newline + 1)
                if !line.isEmpty { return try JSONValue(parsing: line) }
            } else {
                rest += try #require(try client.receiveChunk())
            }
        }
    }

    func seqs(_ count: Int) throws -> [Int64?] { try (0..<count).map { _ in try next()["seq"]?.integer } }
}
