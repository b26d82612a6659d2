import Glibc
import HTTP1
import Logging
import POSIX
import Synchronization

/// The loop: what epoll reports, connections that have more to do, and whoever waits to be accepted.
extension HTTPServer {
    /// How often a turn asks epoll again before what was handled is told of.
    private static let pollsPerTurn = 8
    /// How many are accepted in one go before those who are in get their turn.
    private static let acceptsPerTurn = 64
    /// How long to wait for a free descriptor when none of our own was closed meanwhile.
    private static let acceptPause: Int64 = 1_000_000_000

    /// One turn of the loop. While there is always something new, the next one follows behind what others have put into the
    /// queue, and none of them has Dispatch look at the epoll set, which takes two changes of thread.
    func turn() {
        isInTurn = true
        var polls = 0
        while polls < Self.pollsPerTurn, poll() > 0 { polls += 1 }
        serveReady()
        acceptAll()
        isInTurn = false
        if hasHandled {
            hasHandled = false
            handler.didHandleAll()
        }
        if polls > 0 || !ready.isEmpty || (listeners.contains(where: \.mayAccept) && mayAcceptNow) { queueTurn() }
    }

    private func poll() -> Int {
        do throws(SystemError) {
            return try epoll.poll { bits, events in
                let token = Token(bits)
                if token.isListener {
                    if !isStopping { listeners[Int(token.slot)].mayAccept = true }
                } else if let connection = connection(token) {
                    notice(events, connection)
                }
            }
        } catch {
            // Only a descriptor or a buffer that is not ours can make this call fail.
            preconditionFailure("\(error)")
        }
    }

    private func notice(_ events: Epoll.Events, _ connection: Connection) {
        connection.note(events)
        if connection.peerEnded, connection.machine.phase == .streaming {
            close(connection)
        } else {
            serve(connection)
        }
    }

    /// Serves whoever used up a share before, once each.
    private func serveReady() {
        let tokens = ready
        ready.removeAll(keepingCapacity: true)
        for token in tokens {
            guard let connection = connection(token) else { continue }
            connection.isQueued = false
            serve(connection)
        }
    }

    // MARK: Accepting

    private var mayAcceptNow: Bool {
        connections.count - freeSlots.count < options.maxConnections && acceptPausedUntil == 0
    }

    /// Accepts from each listening socket in which somebody may wait.
    func acceptAll() {
        for index in listeners.indices where listeners[index].mayAccept { accept(index) }
    }

    private func accept(_ index: Int) {
        let socket = listeners[index].socket
        for _ in 0..<Self.acceptsPerTurn where mayAcceptNow {
            do throws(SystemError) {
                if isShortOfDescriptors, try !hasDescriptorsAgain(socket) { return pauseAccepting() }
                var peer = socket.address
                guard let descriptor = try Socket.accept(socket.descriptor, peer: &peer) else {
                    listeners[index].mayAccept = false
                    return
                }
                let isLast = descriptor.number >= descriptorCeiling
                admit(descriptor, peer)
                if isLast { return pauseAccepting() }
            } catch {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errno) { return pauseAccepting(error) }
                // Anything else is about the one who came and has gone again, e.g. ECONNABORTED (accept(2)).
                logger.debug("a connection was lost before it was accepted", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The number from which on descriptors are left to others: the journal needs some, and libdispatch ends the process
    /// when it finds none.
    static func descriptorCeiling() throws(SystemError) -> Int {
        let limit = try Descriptor.limit()
        return limit - min(64, limit / 4)
    }

    private func hasDescriptorsAgain(_ socket: ListeningSocket) throws(SystemError) -> Bool {
        guard try Descriptor.lowestFree(probing: socket.descriptor) < descriptorCeiling else { return false }
        isShortOfDescriptors = false
        if isShortageLogged { logger.notice("accepting connections again") }
        isShortageLogged = false
        return true
    }

    /// Whoever waits goes on waiting in the listening socket, until one of our connections closes or a second has passed.
    private func pauseAccepting(_ error: SystemError? = nil) {
        let now = Clock.monotonic()
        acceptPausedUntil = now + Self.acceptPause
        arm(acceptPausedUntil)
        if isShortOfDescriptors { return }
        isShortOfDescriptors = true
        // When many come and go, a descriptor becomes free, and is taken, at every turn.
        guard shortageLog.isDue(at: now) else { return }
        isShortageLogged = true
        let cause = error.map { "\($0)" } ?? "few descriptors are left"
        logger.error(
            "new connections wait: \(cause); raise LimitNOFILE or lower ECRYPTOPAY_MAX_CONNECTIONS",
            metadata: ["connections": "\(openConnections)"])
    }

    private func admit(_ descriptor: consuming Descriptor, _ peer: SocketAddress) {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(connections.count)
            connections.append(nil)
            generations.append(0)
        }
        let token = Token(slot: slot, generation: generations[Int(slot)])
        let connection = Connection(descriptor, token: token, peer: peer, limits: options.limits)
        connections[Int(slot)] = connection
        connectionCount.add(1, ordering: .relaxed)
        do throws(SystemError) {
            try connection.register(in: epoll)
            updateDeadline(connection)
        } catch {
            if watchLog.isDue(at: Clock.monotonic()) {
                logger.error(
                    "a connection cannot be watched: \(error)", metadata: ["connections": "\(openConnections)"])
            }
            close(connection)
        }
    }
}
