package import Dispatch
import HTTP1
package import Logging
package import POSIX
import Synchronization

/// A small HTTP/1.1 server for use behind a proxy: POSIX sockets, one epoll set, one dispatch queue.
///
/// One epoll set under one dispatch source, since a source for each connection costs half as much processor time again, and a
/// second loop gains nothing: what a request costs is mostly the kernel's, and the journal behind it has a queue of its own.
///
/// Everything happens on `queue`, which is the actor's executor. A server that was started lives until it is drained.
package actor HTTPServer {
    /// Where handlers are called and answers are given.
    package nonisolated let queue: DispatchQueue
    private nonisolated let executor: QueueExecutor
    /// The actor runs on `queue`.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let handler: any RequestHandler
    let logger: Logger
    var options: Options
    let epoll: Epoll
    private var events: (any DispatchSourceRead)?
    var timer: (any DispatchSourceTimer)?
    /// When the timer will fire, on the monotonic clock.
    var armed = Int64.max
    var date = DateCache()

    var listeners: [Listener] = []
    /// Each connection at its token's slot.
    var connections: [Connection?] = []
    var generations: [UInt32] = []
    var freeSlots: [UInt32] = []
    /// Connections that used up their share of a turn, or were stopped by full output, and can go on.
    var ready: [Token] = []
    private var isTurnQueued = false
    var isInTurn = false
    /// Requests were handled since the handler was last told that those were all.
    var hasHandled = false
    /// The memory that requests take beyond what idle connections keep, in bytes.
    var requestMemory = 0
    /// Whoever gets a descriptor from this number on is the last one for now.
    var descriptorCeiling = Int.max
    /// Descriptors ran short and are not known to have become free since.
    var isShortOfDescriptors = false
    /// The log has said so and not yet that it is over.
    var isShortageLogged = false
    var shortageLog = LogInterval()
    var memoryLog = LogInterval()
    var watchLog = LogInterval()
    /// Until when nobody is accepted for that reason, on the monotonic clock; 0 when accepting goes on.
    var acceptPausedUntil: Int64 = 0
    var isStopping = false
    /// When whoever is left while draining is cut off.
    var cutOff = Int64.max
    private var drained: [@Sendable () -> Void] = []
    nonisolated let connectionCount = Atomic<Int>(0)

    /// How many connections are open. May be asked from anywhere.
    package nonisolated var openConnections: Int { connectionCount.load(ordering: .relaxed) }

    /// A server that does not accept anybody yet.
    ///
    /// Throws if the kernel has no epoll set to give.
    package init(
        label: String, options: Options = Options(), handler: any RequestHandler, logger: Logger
    ) throws(SystemError) {
        queue = DispatchQueue(label: label)
        executor = QueueExecutor(queue)
        self.options = options
        self.handler = handler
        self.logger = logger
        epoll = try Epoll()
    }

    /// Accepts connections from now on. Must not be called on `queue`, and only once.
    ///
    /// Throws what the kernel says when it cannot watch a socket.
    package nonisolated func start(_ sockets: [ListeningSocket]) throws(SystemError) {
        let outcome: Result<Void, SystemError> = queue.sync {
            assumeIsolated { server in
                do throws(SystemError) { return .success(try server.open(sockets)) } catch { return .failure(error) }
            }
        }
        try outcome.get()
    }

    /// Changes the bounds. Requests that are being read follow the new ones from their next bytes on.
    package nonisolated func update(options: Options) {
        queue.async { self.assumeIsolated { $0.apply(options) } }
    }

    /// Stops: nobody new is accepted, idle connections close, requests under way are answered with `Connection: close`,
    /// streams end. Returns when all connections are closed; who is left after `grace` is cut off.
    ///
    /// The listening sockets are let go of, not shut down: one that systemd holds keeps those who wait in it.
    package nonisolated func drain(grace: Duration) async {
        await withCheckedContinuation { continuation in
            drain(grace: grace) { continuation.resume() }
        }
    }

    /// The same for whoever cannot wait: `completion` is called on `queue`. Draining again shortens the grace, if at all.
    package nonisolated func drain(grace: Duration, completion: @escaping @Sendable () -> Void) {
        queue.async {
            self.assumeIsolated { server in
                server.drained.append(completion)
                server.beginDraining(grace: grace)
                server.finishIfDrained()
            }
        }
    }

    private func open(_ sockets: [ListeningSocket]) throws(SystemError) {
        precondition(events == nil && !isStopping, "a server is started once")
        descriptorCeiling = try Self.descriptorCeiling()
        for (index, socket) in sockets.enumerated() {
            listeners.append(Listener(socket))
            try epoll.add(socket.descriptor, .readable, token: Token.listener(index).bits)
        }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { self.assumeIsolated { $0.expire() } }
        timer.schedule(deadline: .distantFuture)
        timer.activate()
        self.timer = timer
        let events = DispatchSource.makeReadSource(fileDescriptor: epoll.number, queue: queue)
        events.setEventHandler { self.assumeIsolated { $0.turn() } }
        events.activate()
        self.events = events
    }

    private func apply(_ options: Options) {
        self.options = options
        for connection in connections { connection?.machine.limits = options.limits }
        // More connections may be allowed now.
        queueTurn()
    }

    /// Sees to it that there is another turn soon, after whatever else waits in the queue.
    func queueTurn() {
        if isTurnQueued { return }
        isTurnQueued = true
        queue.async {
            self.assumeIsolated { server in
                server.isTurnQueued = false
                server.turn()
            }
        }
    }

    /// Once nobody is left: lets go of the dispatch sources, which hold the server, and tells those who wait.
    func finishIfDrained() {
        guard isStopping, openConnections == 0 else { return }
        events?.cancel()
        timer?.cancel()
        events = nil
        timer = nil
        for completion in drained { completion() }
        drained = []
    }
}
