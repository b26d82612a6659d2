import HTTP1
import POSIX

/// One accepted connection: its socket, its protocol state, and what is still to be sent. Lives on the server's queue.
final class Connection {
    /// A buffer larger than this is given back when it is empty.
    private static let idleOutputBytes = 1024

    let token: Token
    private let peer: SocketAddress
    let isPeerLocal: Bool
    private let descriptor: Descriptor
    var machine: ConnectionMachine
    var source: (any BodySource)?
    /// Bytes ready to be sent, the first `sent` of which have been.
    var output: [UInt8] = []
    private var sent = 0
    /// The kernel may have bytes for us, or the end of the stream: it said so, and no call has found none since.
    var mayRead = false
    /// The peer has ended its side, so that a short read says nothing about what follows.
    var peerEnded = false
    private var mayWrite = true
    /// The machine is being run further up the call stack: a handler that answers at once leaves the rest to that.
    var isServed = false
    /// Stands in the list of connections that have more to do.
    var isQueued = false
    private(set) var isLingering = false
    private var discarded = 0
    /// A call on the socket has failed: nothing more can be done with it.
    private(set) var isBroken = false
    /// What the server's sum counts for this connection, in bytes.
    var accountedMemory = 0
    var wait: Wait?
    /// On the monotonic clock, in nanoseconds.
    var deadline = Int64.max
    private(set) lazy var peerDescription = peer.description

    init(_ descriptor: consuming Descriptor, token: Token, peer: SocketAddress, limits: Limits) {
        self.descriptor = descriptor
        self.token = token
        self.peer = peer
        isPeerLocal = peer.isLocal
        machine = ConnectionMachine(limits: limits)
    }

    /// What it waits for now.
    var currentWait: Wait {
        if isLingering { return .linger }
        if !output.isEmpty { return .write }
        switch machine.phase {
        case .idle: return .idle(requests: machine.requestCount)
        case .receiving: return .request(requests: machine.requestCount)
        case .handling, .streaming: return .answer
        case .finished: return .linger
        }
    }

    func register(in epoll: borrowing Epoll) throws(SystemError) {
        try epoll.add(descriptor, [.readable, .writable, .peerEnded], token: token.bits)
    }

    /// Keeps what epoll said for when it is wanted.
    func note(_ events: Epoll.Events) {
        // A broken connection is found out by the calls themselves: what came before the break is still to be read.
        if !events.isDisjoint(with: [.readable, .peerEnded, .broken]) { mayRead = true }
        if !events.isDisjoint(with: [.writable, .broken]) { mayWrite = true }
        if !events.isDisjoint(with: [.peerEnded, .broken]) { peerEnded = true }
    }

    /// Reads once into the machine. Returns whether the machine has something new to think about.
    func receive() -> Bool {
        guard mayRead else { return false }
        var received: Int? = nil
        var isFull = false
        machine.receive { span in
            do throws(SystemError) {
                received = try Socket.receive(descriptor, into: &span)
                isFull = span.freeCapacity == 0
            } catch { isBroken = true }
        }
        guard let received else {
            mayRead = false
            return false
        }
        if received == 0 {
            mayRead = false
            machine.receiveEnd()
        } else if !isFull, !peerEnded {
            // The kernel has given all that it had, and will say when there is more (epoll(7), question 9).
            mayRead = false
        }
        return true
    }

    /// Sends what is ready, as far as the kernel takes it. Returns whether everything has gone out.
    func flush() -> Bool {
        while sent < output.count, mayWrite {
            do throws(SystemError) {
                let taken = try Socket.send(descriptor, output.span.extracting(sent...))
                sent += taken ?? 0
                mayWrite = taken != nil
            } catch {
                isBroken = true
                return false
            }
        }
        guard sent == output.count else { return false }
        if sent > 0 {
            output.removeAll(keepingCapacity: output.capacity <= Self.idleOutputBytes)
            sent = 0
        }
        return true
    }

    /// Tells the peer that nothing more will come.
    func beginLingering() {
        isLingering = true
        do throws(SystemError) { try Socket.shutdownWriting(descriptor) } catch { isBroken = true }
    }

    /// Discards what still comes, up to `limit` bytes in all. Returns whether the peer has ended, or has had its share.
    func linger(limit: Int) -> Bool {
        while mayRead, !isBroken {
            do throws(SystemError) {
                guard let count = try Socket.discard(descriptor) else {
                    mayRead = false
                    return false
                }
                discarded += count
                if count == 0 || discarded > limit { return true }
            } catch { isBroken = true }
        }
        return isBroken
    }
}
