import Glibc
package import POSIX

/// A client that sends exactly the bytes it is told to and reads answers with its own, simple eyes. It blocks, and every
/// call has a deadline: a test that waits for what never comes fails instead of hanging.
///
/// It closes when it is used for the last time: call `close` at the end of a test that needs it open until then.
package final class ClientSocket {
    /// What went wrong on the client's side.
    package struct Failure: Error, CustomStringConvertible {
        /// One sentence.
        package let description: String
    }

    private let descriptor: Int32
    private let patience: Duration
    private var received: [UInt8] = []
    private var isClosed = false

    /// Connects. `receiveBuffer` makes the kernel keep fewer bytes for this side than usual; `source` is the address that the server
    /// sees.
    package init(
        _ address: SocketAddress, patience: Duration = Deadline.patience, receiveBuffer: Int32? = nil,
        source: SocketAddress? = nil
    ) throws {
        // Closed on exec: a child process that held a copy would keep the connection open.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = try check("socket") { socket(address.family, type, 0) }
        descriptor = number
        self.patience = patience
        if var size = receiveBuffer {
            _ = try check("setsockopt") {
                setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            }
        }
        if let source { _ = try check("bind", source.description) { source.withSockaddr { bind(number, $0, $1) } } }
        _ = try check("connect", address.description) { address.withSockaddr { connect(number, $0, $1) } }
    }

    deinit { close() }

    /// Closes the connection. Bytes that were not read make the kernel send a reset.
    package func close() {
        if isClosed { return }
        isClosed = true
        _ = Glibc.close(descriptor)
    }

    /// Closes the connection with a reset, whatever was read.
    package func reset() throws {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = try check("setsockopt") {
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        close()
    }

    /// Says that nothing more will be sent.
    package func finishSending() throws { _ = try check("shutdown") { shutdown(descriptor, Int32(SHUT_WR)) } }

    // MARK: Sending

    /// Sends all of the text.
    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends all of the bytes.
    package func send(_ bytes: [UInt8]) throws {
        let deadline = Deadline(after: patience)
        var sent = 0
        while sent < bytes.count {
            if deadline.hasPassed { throw Failure(description: "the server does not read: \(sent) bytes sent") }
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                wait(for: POLLOUT)
            } else if errno != EINTR {
                throw Failure(description: "send: \(String(cString: strerror(errno)))")
            }
        }
    }

    // MARK: Receiving

    /// Reads one answer. `toHead` says that it has no body, whatever its length field says.
    package func receive(toHead: Bool = false) throws -> ClientAnswer {
        let head = try receiveHead()
        var lines = head.components("\r\n")
        let words = lines.removeFirst().components(" ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Failure(description: "not a status line: \(head)")
        }
        let fields = lines.map { line in
            let parts = line.components(": ")
            return (name: parts[0].lowercased(), value: parts.dropFirst().joined(separator: ": "))
        }
        func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        var body: [UInt8] = []
        if toHead || status < 200 || status == 204 {
            body = []
        } else if let length = field("content-length").flatMap({ Int($0) }) {
            body = try receive(count: length)
        } else if field("transfer-encoding") == "chunked" {
            while let chunk = try receiveChunk() { body += chunk }
        } else {
            body = Array(try receiveRest().utf8)
        }
        return ClientAnswer(status: status, fields: fields, body: String(decoding: body, as: UTF8.self))
    }

    /// Reads the head of an answer, without the empty line.
    package func receiveHead() throws -> String {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let place = received.firstPlace(of: end) {
                let head = String(decoding: received[..<place], as: UTF8.self)
                received.removeSubrange(..<(place + end.count))
                return head
            }
            guard try receiveSome() else {
                throw Failure(
                    description: "the server closed within a head: \(String(decoding: received, as: UTF8.self))")
            }
        }
    }

    /// Reads one chunk of a body; `nil` for the last.
    package func receiveChunk() throws -> [UInt8]? {
        while true {
            if let place = received.firstPlace(of: Array("\r\n".utf8)) {
                guard let size = Int(String(decoding: received[..<place], as: UTF8.self), radix: 16) else {
                    throw Failure(description: "not a chunk size: \(String(decoding: received, as: UTF8.self))")
                }
                received.removeSubrange(..<(place + 2))
                let chunk = try receive(count: size)
                _ = try receive(count: 2)
                return size == 0 ? nil : chunk
            }
            guard try receiveSome() else { throw Failure(description: "the server closed between chunks") }
        }
    }

    /// Reads until that text has come, and forgets all up to its end.
    package func receive(until text: String) throws {
        let end = Array(text.utf8)
        while true {
            if let place = received.firstPlace(of: end) { return received.removeSubrange(..<(place + end.count)) }
            guard try receiveSome() else {
                throw Failure(
                    description: "the server closed before \(text): \(String(decoding: received, as: UTF8.self))")
            }
        }
    }

    /// Reads that many bytes.
    package func receive(count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receiveSome() else {
                throw Failure(description: "the server closed after \(received.count) of \(count) bytes")
            }
        }
        let bytes = Array(received.prefix(count))
        received.removeSubrange(..<count)
        return bytes
    }

    /// Reads up to the end of the stream. Throws when the connection was reset.
    package func receiveRest() throws -> String {
        while try receiveSome() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Waits until the server has closed, be it with a reset, and forgets what came before.
    package func waitForClose() throws {
        do { _ = try receiveRest() } catch let error as SystemError where error.errno == ECONNRESET {}
    }

    /// Reads what there is, at most 64 KiB; `false` at the end of the stream.
    package func receiveSome() throws -> Bool {
        let deadline = Deadline(after: patience)
        while true {
            if deadline.hasPassed {
                throw Failure(description: "nothing came; so far: \(String(decoding: received, as: UTF8.self))")
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count >= 0 {
                received += buffer[..<count]
                return count > 0
            }
            if errno == EAGAIN {
                wait(for: POLLIN)
            } else if errno != EINTR {
                throw SystemError(call: "recv", errno: errno)
            }
        }
    }

    /// Whether something can be read, or the server has closed, before so many milliseconds are over.
    @discardableResult
    package func hasInput(within milliseconds: Int32) -> Bool { wait(for: POLLIN, milliseconds) }

    @discardableResult
    private func wait(for events: Int32, _ milliseconds: Int32 = 100) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}

extension [UInt8] {
    fileprivate func firstPlace(of needle: [UInt8]) -> Int? {
        guard count >= needle.count else { return nil }
        return (0...(count - needle.count)).first { self[$0..<($0 + needle.count)].elementsEqual(needle) }
    }
}
