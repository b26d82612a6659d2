import CShims
import Glibc

/// The system calls on stream sockets that never block: one function each.
public enum Socket {
    /// accept4(2), non-blocking and closed on exec; `nil` when nobody waits.
    ///
    /// `peer` becomes the address of the other side.
    public static func accept(
        _ listener: borrowing Descriptor, peer: inout SocketAddress
    ) throws(SystemError) -> Descriptor? {
        let number = listener.number
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = try checkReady("accept4") {
            withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Int(cshims_accept4(number, $0, &length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)))
                }
            }
        }
        guard let accepted else { return nil }
        peer = SocketAddress(storage, length: length) ?? .unix(path: "")
        return Descriptor(owning: Int32(accepted))
    }

    /// recv(2) into the free part of `output`: the count of bytes, 0 at the end of the stream, `nil` when there are none now.
    public static func receive(
        _ socket: borrowing Descriptor, into output: inout OutputSpan<UInt8>
    ) throws(SystemError) -> Int? {
        let number = socket.number
        return try output.withUnsafeMutableBufferPointer { buffer, count throws(SystemError) in
            let free = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            let received = try checkReady("recv") { recv(number, free.baseAddress, free.count, 0) }
            count += received ?? 0
            return received
        }
    }

    /// recv(2) of up to 16 KiB that nobody wants: the count of bytes, 0 at the end of the stream, `nil` when there are none.
    public static func discard(_ socket: borrowing Descriptor) throws(SystemError) -> Int? {
        let number = socket.number
        return try withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 1) { buffer throws(SystemError) in
            try checkReady("recv") { recv(number, buffer.baseAddress, buffer.count, 0) }
        }
    }

    /// send(2), without a SIGPIPE: the count of bytes taken, which may be fewer than there are; `nil` when none can be now.
    public static func send(_ socket: borrowing Descriptor, _ bytes: Span<UInt8>) throws(SystemError) -> Int? {
        let number = socket.number
        return try bytes.withUnsafeBufferPointer { buffer throws(SystemError) in
            try checkReady("send") { Glibc.send(number, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// shutdown(2) of the writing side: the peer reads the end of the stream after what was sent.
    public static func shutdownWriting(_ socket: borrowing Descriptor) throws(SystemError) {
        let number = socket.number
        _ = try check("shutdown") { shutdown(number, Int32(SHUT_WR)) }
    }

    /// As `check`, for calls on descriptors that do not block: "not now" is a value.
    private static func checkReady(_ call: StaticString, _ body: () -> Int) throws(SystemError) -> Int? {
        while true {
            let value = body()
            if value != -1 { return value }
            let error = errno
            if error == EAGAIN { return nil }
            if error != EINTR { throw SystemError(call: "\(call)", errno: error) }
        }
    }
}
