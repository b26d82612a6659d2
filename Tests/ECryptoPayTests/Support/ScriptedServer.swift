import Dispatch
import Glibc
import Synchronization
import Testing

/// An HTTP server that does exactly what a test's script says, byte by byte, however wrong: it counts connections,
/// shows every request, and can close, hang or send nonsense.
final class ScriptedServer: Sendable {
    /// One request as it came.
    struct Request: Sendable {
        /// The first line, without its end.
        let line: String
        /// Head and body.
        let text: String
        let body: [UInt8]
        /// 1 for the first connection that was accepted.
        let connection: Int
        /// 1 for the first request of all.
        let number: Int

        /// The value of a field, its name in the case it was sent in.
        func value(of name: String) -> String? {
            for line in text.components(by: "\r\n") where line.hasPrefix("\(name): ") {
                return String(line.dropFirst(name.count + 2))
            }
            return nil
        }
    }

    enum Reply: Sendable {
        /// Send these bytes and keep the connection.
        case bytes([UInt8])
        /// Send these bytes and close.
        case last([UInt8])
        /// Send nothing, and wait for the peer to close.
        case hang

        /// An answer with a Content-Length.
        static func answer(_ status: Int, _ body: String = "", _ fields: [String] = []) -> Reply {
            answer(status, Array(body.utf8), fields)
        }

        static func answer(_ status: Int, _ body: [UInt8], _ fields: [String] = []) -> Reply {
            let lines = ["HTTP/1.1 \(status) Status", "Content-Length: \(body.count)"] + fields
            return .bytes(Array(lines.joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8) + body)
        }
    }

    let port: UInt16
    private let listener: Int32
    private let desk: Desk

    init(_ script: @escaping @Sendable (Request) -> Reply) throws {
        desk = Desk(script)
        (listener, port) = try Self.listen()
        desk.accept(on: listener)
    }

    /// Ends every connection; the threads that serve them see it and finish.
    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        desk.end()
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { desk.state.withLock { $0.requests } }
    /// How many connections have been accepted.
    var connections: Int { desk.state.withLock { $0.connections } }
    /// How often a peer closed while it was left hanging.
    var abandoned: Int { desk.state.withLock { $0.abandoned } }

    /// The requests whose first line begins so.
    func requests(_ start: String) -> [Request] { requests.filter { $0.line.hasPrefix(start) } }

    private static func listen() throws -> (socket: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && Glibc.listen(descriptor, 128) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        try #require(isListening, "errno \(errno)")
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}

/// What a scripted server's threads share, and keep alive until they have ended.
private final class Desk: Sendable {
    struct State {
        var requests: [ScriptedServer.Request] = []
        var open: Set<Int32> = []
        var connections = 0
        var abandoned = 0
        var hasEnded = false
    }

    let state = Mutex(State())
    private let script: @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply

    init(_ script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply) {
        self.script = script
    }

    /// A queue of its own for everything that blocks: Dispatch gives a serial one a thread at once, whoever else
    /// blocks.
    private func thread(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "scripted-server").async(execute: body)
    }

    /// Accepts until the socket is shut down, then closes it.
    func accept(on listener: Int32) {
        thread { [self] in
            while true {
                let connection = Glibc.accept(listener, nil, nil)
                guard connection >= 0 else { break }
                let number = state.withLock { state -> Int? in
                    if state.hasEnded { return nil }
                    state.open.insert(connection)
                    state.connections += 1
                    return state.connections
                }
                thread { [self] in
                    if let number { serve(connection, number) }
                    state.withLock { _ = $0.open.remove(connection) }
                    close(connection)
                }
            }
            close(listener)
        }
    }

    func end() {
        state.withLock { state in
            state.hasEnded = true
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func serve(_ connection: Int32, _ number: Int) {
        var reader = RawReader(connection)
        while let raw = reader.next() {
            switch script(note(raw, number)) {
            case .bytes(let bytes):
                guard send(bytes, to: connection) else { return }
            case .last(let bytes):
                _ = send(bytes, to: connection)
                return
            case .hang:
                reader.waitForEnd()
                state.withLock { $0.abandoned += 1 }
                return
            }
        }
    }

    private func note(_ raw: RawRequest, _ connection: Int) -> ScriptedServer.Request {
        state.withLock { state in
            let request = ScriptedServer.Request(
                line: String(raw.head.components(by: "\r\n")[0]), text: raw.head, body: raw.body,
                connection: connection, number: state.requests.count + 1)
            state.requests.append(request)
            return request
        }
    }

    private func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
