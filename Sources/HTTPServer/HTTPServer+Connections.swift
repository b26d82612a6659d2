import HTTP1
import Logging
import POSIX
import Synchronization

/// Serving one connection: requests to the handler, answers to the peer.
extension HTTPServer {
    /// How many steps of its machine a connection is served before others get their turn.
    private static let stepsPerTurn = 64
    /// While that many bytes wait to be sent, no further request of the connection is looked at.
    private static let outputBytes = 65536
    /// What a connection may hold for nothing; see `ConnectionMachine`.
    private static let idleBytes = 4096

    /// The connection of that name, if it is still there.
    func connection(_ token: Token) -> Connection? {
        guard let connection = connections[Int(token.slot)], connection.token == token else { return nil }
        return connection
    }

    /// Does all that can be done on a connection now, and sends the outcome in one go.
    func serve(_ connection: Connection) {
        // A handler that answers at once comes by here; the call that called it goes on with the rest.
        if connection.isServed { return }
        if connection.isLingering {
            if connection.linger(limit: options.lingerBytes) { close(connection) }
            return
        }
        connection.isServed = true
        let action = run(connection)
        let isFlushed = connection.flush()
        connection.isServed = false
        account(connection)
        if connection.isBroken { return close(connection) }
        if isFlushed {
            switch action {
            case .close: return close(connection)
            case .read where isStopping && connection.machine.phase == .idle: return close(connection)
            case .linger:
                connection.beginLingering()
                if connection.linger(limit: options.lingerBytes) { return close(connection) }
            case nil: enqueue(connection)
            default: break
            }
        }
        updateDeadline(connection)
    }

    /// Runs the machine until it needs something from outside: that action, or `nil` when the turn is over before.
    private func run(_ connection: Connection) -> ConnectionMachine.Action? {
        let dateLine = date.current()
        for _ in 0..<Self.stepsPerTurn where connection.output.count < Self.outputBytes {
            let action = connection.machine.next(dateLine: dateLine, output: &connection.output)
            switch action {
            case .read:
                if !receive(connection, dateLine) { return action }
            case .handle(let request):
                let exchange = Exchange(
                    server: self, token: connection.token, number: connection.machine.requestCount,
                    peer: connection.peerDescription, isPeerLocal: connection.isPeerLocal)
                hasHandled = true
                handler.handle(request, exchange)
                // Whoever had more than one request in his buffer is served outside a turn when the first is answered.
                if !isInTurn { queueTurn() }
            case .refused(let error):
                logger.debug(
                    "refused a request: \(error.detail)",
                    metadata: ["status": "\(error.status)", "peer": "\(connection.peerDescription)"])
            case .wait:
                if !pumpStream(connection) { return action }
            case .linger, .close: return action
            }
        }
        return nil
    }

    /// Reads some, within the memory that all requests may take. Returns whether the machine is to be asked again.
    private func receive(_ connection: Connection, _ dateLine: [UInt8]) -> Bool {
        let isChange = connection.receive()
        account(connection)
        guard requestMemory > options.requestMemory, connection.accountedMemory > 0 else { return isChange }
        if memoryLog.isDue(at: Clock.monotonic()) {
            logger.warning("refusing requests: those under way take \(requestMemory) bytes of memory")
        }
        connection.machine.refuse(Self.outOfMemory, dateLine: dateLine, output: &connection.output)
        return true
    }

    private static let outOfMemory = Response.problem(
        status: 503, detail: "Too many large requests are under way.", fields: [("Retry-After", "1")])

    private func account(_ connection: Connection) {
        let memory = max(0, connection.machine.heldBytes - Self.idleBytes)
        requestMemory += memory - connection.accountedMemory
        connection.accountedMemory = memory
    }

    /// Moves a piece of a streamed body into the output. Returns whether the machine is to be asked again.
    private func pumpStream(_ connection: Connection) -> Bool {
        guard let source = connection.source else { return false }
        switch source.next() {
        case .bytes(let piece): connection.machine.stream(piece, output: &connection.output)
        case .later where !isStopping: return false
        case .later, .end:
            connection.source = nil
            connection.machine.endStream(output: &connection.output)
        case .broken:
            connection.source = nil
            connection.machine.breakStream()
        }
        return true
    }

    private func enqueue(_ connection: Connection) {
        if connection.isQueued { return }
        connection.isQueued = true
        ready.append(connection.token)
        queueTurn()
    }

    /// Closes at once, whatever is under way.
    func close(_ connection: Connection) {
        let slot = Int(connection.token.slot)
        guard connections[slot] === connection else { return }
        connections[slot] = nil
        // The generation of listening sockets is never reached.
        generations[slot] = (generations[slot] + 1) % (UInt32.max - 1)
        freeSlots.append(UInt32(slot))
        connectionCount.subtract(1, ordering: .relaxed)
        requestMemory -= connection.accountedMemory
        connection.source?.cancel()
        connection.source = nil
        acceptPausedUntil = 0
        if isStopping { finishIfDrained() } else if listeners.contains(where: \.mayAccept) { queueTurn() }
    }

    // MARK: What exchanges ask for

    private func connection(awaiting exchange: Exchange) -> Connection? {
        guard let connection = connection(exchange.token), connection.machine.requestCount == exchange.number,
            connection.machine.phase == .handling
        else { return nil }
        return connection
    }

    func respond(_ response: Response, to exchange: Exchange) {
        guard let connection = connection(awaiting: exchange) else { return }
        connection.machine.answer(response, dateLine: date.current(), output: &connection.output)
        serve(connection)
    }

    func respond(_ response: Response, streaming source: any BodySource, to exchange: Exchange) {
        guard let connection = connection(awaiting: exchange) else { return source.cancel() }
        let isOpen = connection.machine.beginStream(
            response, dateLine: date.current(), output: &connection.output)
        if isOpen { connection.source = source } else { source.cancel() }
        serve(connection)
    }

    func resume(_ exchange: Exchange) {
        guard let connection = connection(exchange.token), connection.machine.requestCount == exchange.number,
            connection.source != nil
        else { return }
        serve(connection)
    }
}
