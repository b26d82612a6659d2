import Glibc
import JSON
import POSIX
import Synchronization
import TestSupport

/// Buyers who pay in the sandbox, and the vendor that tells several nodes of it: each webhook is sent again until it is answered
/// 200, to one node after the other. Some of them are forged.
final class WebhookSenders: Sendable {
    /// A report that was sent, and the answer; nil when there was none.
    struct Attempt: Sendable {
        /// In the report's member `attempt`, so that it can be found in the journal.
        let number: Int
        let payment: Int64
        let state: String
        let isForged: Bool
        var status: Int?
    }

    /// The states that each payment goes through, each told by a webhook.
    static let states = ["paid", "done"]

    private struct State {
        var attempts: [Attempt] = []
        var payments: Set<Int64> = []
        var next = 0
        var forges = true
        var isStopped = false
        var running = 0
        var errors: [String] = []
    }

    private let state = Mutex(State())
    private let nodes: [SocketAddress]
    private let sandbox: SandboxProcess

    init(_ sandbox: SandboxProcess, to nodes: [SocketAddress]) {
        self.nodes = nodes
        self.sandbox = sandbox
    }

    /// Has so many of them work at a time.
    func start(_ count: Int) {
        state.withLock { $0.running = count }
        for number in 0..<count {
            onThread { [self] in
                do {
                    while state.withLock({ !$0.isStopped }) { try payOnce(number) }
                } catch { state.withLock { $0.errors.append("\(error)") } }
                state.withLock { $0.running -= 1 }
            }
        }
    }

    /// Has so many buyers pay at one moment: as many webhooks are on their way at once, and are sent again until each is answered.
    func crowd(_ count: Int) throws {
        let ids = try (0..<count).map { _ in
            let id = try sandbox.create()
            try sandbox.move(id, to: Self.states[1])
            return id
        }
        state.withLock { state in
            state.payments.formUnion(ids)
            state.running += 1
        }
        onThread { [self] in
            var (waiting, turn) = (ids, 0)
            while !waiting.isEmpty {
                let posts = waiting.enumerated().map { begin($1, Self.states[1], isForged: false, to: turn + $0) }
                waiting = zip(waiting, posts).filter { !end($1) }.map(\.0)
                turn += 1
                if !waiting.isEmpty { usleep(50_000) }
            }
            state.withLock { $0.running -= 1 }
        }
    }

    /// Has nobody begin anything new; returns when what was begun has been told.
    func stop() async throws {
        state.withLock { $0.isStopped = true }
        try await eventually("the last webhooks") { state.withLock { $0.running } == 0 }
    }

    /// No forged reports from now on.
    func stopForging() { state.withLock { $0.forges = false } }

    var attempts: [Attempt] { state.withLock { $0.attempts } }
    var payments: Set<Int64> { state.withLock { $0.payments } }
    var errors: [String] { state.withLock { $0.errors } }
    var acknowledged: Int { state.withLock { $0.attempts.count { $0.status == 200 } } }

    /// Waits until so many more reports have been answered 200.
    func acknowledge(_ count: Int, _ what: String) async throws {
        let goal = acknowledged + count
        try await eventually("\(count) reports answered 200 \(what); \(errors)", within: .seconds(60)) {
            acknowledged >= goal
        }
    }

    private func payOnce(_ number: Int) throws {
        let id = try sandbox.create()
        state.withLock { _ = $0.payments.insert(id) }
        for (turn, name) in Self.states.enumerated() {
            try sandbox.move(id, to: name)
            if turn == 0, id % 4 == 0, state.withLock({ $0.forges }) {
                _ = send(id, name, isForged: true, to: number)
            }
            var turn = number + turn
            while !send(id, name, isForged: false, to: turn) {
                turn += 1
                // As long as a vendor waits at the least.
                usleep(50_000)
            }
        }
        // So many buyers there are, and no more.
        usleep(150_000)
    }

    /// Whether it was answered 200.
    private func send(_ id: Int64, _ name: String, isForged: Bool, to node: Int) -> Bool {
        end(begin(id, name, isForged: isForged, to: node))
    }

    /// A webhook on its way: the attempt without its answer, and the connection, if there is one.
    private typealias Post = (attempt: Attempt, client: ClientSocket?)

    private func begin(_ id: Int64, _ name: String, isForged: Bool, to node: Int) -> Post {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let report = DaemonUnderTest.report(id, state: name, amount: isForged ? "9999.0" : "150.0")
        // The socket of a node that was killed takes connections for the next one, and nobody answers them: who sends gives up,
        // as a vendor does.
        let client = try? ClientSocket(nodes[node % nodes.count], patience: .seconds(5))
        try? client?.send(DaemonUnderTest.request(report.dropLast() + #","attempt":\#(number)}"#))
        return (.init(number: number, payment: id, state: name, isForged: isForged, status: nil), client)
    }

    /// Whether it was answered 200.
    private func end(_ post: Post) -> Bool {
        var attempt = post.attempt
        attempt.status = try? post.client?.receive().status
        state.withLock { $0.attempts.append(attempt) }
        return attempt.status == 200
    }
}
