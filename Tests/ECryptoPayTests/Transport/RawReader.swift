import Glibc

/// A request before anybody has looked at it.
struct RawRequest {
    let head: String
    let body: [UInt8]
}

/// Reads requests with a Content-Length, or without a body, from a socket.
struct RawReader {
    private let connection: Int32
    private var buffer: [UInt8] = []

    init(_ connection: Int32) { self.connection = connection }

    mutating func next() -> RawRequest? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let position = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) {
                let head = String(decoding: buffer[..<position], as: UTF8.self)
                let length =
                    head.components(by: "\r\n").lazy.compactMap { line in
                        line.hasPrefix("Content-Length: ") ? Int(line.dropFirst(16)) : nil
                    }.first ?? 0
                while buffer.count < position + 4 + length { guard fill() else { return nil } }
                let body = Array(buffer[(position + 4)..<(position + 4 + length)])
                buffer.removeFirst(position + 4 + length)
                return RawRequest(head: head, body: body)
            }
            guard fill() else { return nil }
        }
    }

    mutating func waitForEnd() { while fill() { buffer = [] } }

    private mutating func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        let count = chunk.withUnsafeMutableBytes { recv(connection, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }
}

extension String {
    /// The pieces between the separators.
    func components(by separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let position = rest.indices.first(where: { rest[$0...].hasPrefix(separator) }) {
            parts.append(rest[..<position])
            rest = rest[position...].dropFirst(separator.count)
        }
        return parts + [rest]
    }
}
