import JSON
import POSIX
import TestSupport

extension DaemonUnderTest {
    /// Asks on the admin side, on a connection of its own.
    func ask(_ path: String, host: String = "localhost") throws -> ClientAnswer {
        let client = try ClientSocket(.unix(path: directory.path(of: "admin")))
        try client.send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        return try client.receive()
    }

    /// Asks the public side for its health.
    func health() throws -> ClientAnswer {
        let client = try ClientSocket(address)
        try client.send("GET /healthz HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        return try client.receive()
    }

    /// What `/status` says.
    func status() throws -> JSONValue { try JSONValue(parsing: Array(try ask("/status").body.utf8)) }

    /// The value of a line of `/metrics`; nil when there is no such line.
    func metric(_ name: String) throws -> Double? {
        for line in try ask("/metrics").body.split(separator: "\n") where line.hasPrefix(name + " ") {
            return Double(line.dropFirst(name.utf8.count + 1))
        }
        return nil
    }
}
