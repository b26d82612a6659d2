import Ledger
import SharedLedgerSimulation
import Synchronization

@testable import Delivery

/// How one run of the program reaches the shop, in the place of HTTP.
final class ShopConnection: Sendable {
    private let shop: Shop
    private let program: Program
    private let sender: Int
    private let hasDied = Atomic(false)

    /// `sender` is who delivers, of all who ever decide.
    init(_ shop: Shop, _ program: Program, sender: Int) {
        self.shop = shop
        self.program = program
        self.sender = sender
    }

    /// Whether the program is dead: what it sends reaches nobody, and it hears nothing.
    var isDead: Bool { hasDied.load(ordering: .relaxed) }

    func die() { hasDied.store(true, ordering: .relaxed) }

    /// Sends to one of the shop's endpoints.
    func sender(to endpoint: String) -> any DeliverySender { ShopSender(endpoint: endpoint, connection: self) }

    fileprivate func send(_ message: DeliveryMessage, to endpoint: String) async -> DeliveryOutcome {
        if isDead { return .released }
        let (attempt, arrives) = shop.begin(message, to: endpoint, life: sender, of: program.number)
        await program.machine.sleepUnlessCancelled(until: arrives)
        return isDead ? .released : shop.end(attempt)
    }
}

private struct ShopSender: DeliverySender {
    let endpoint: String
    let connection: ShopConnection

    func send(_ message: DeliveryMessage) async -> DeliveryOutcome { await connection.send(message, to: endpoint) }
}

extension Machine {
    /// Returns at a time on the wall clock, or soon after the task was cancelled.
    func sleepUnlessCancelled(until time: Int64) async {
        let sleep = Sleep()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                sleep.begin(continuation)
                add(at: clock.now + time - clock.wall) { sleep.end() }
            }
        } onCancel: {
            sleep.end()
        }
    }
}

/// Ends once, however often it is asked to, and be it before it has begun.
private final class Sleep: Sendable {
    private let state = Mutex<(continuation: CheckedContinuation<Void, Never>?, isOver: Bool)>((nil, false))

    func begin(_ continuation: CheckedContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if !state.isOver { state.continuation = continuation }
            return state.isOver
        }
        if isOver { continuation.resume() }
    }

    func end() {
        let continuation = state.withLock { state in
            state.isOver = true
            return state.continuation.take()
        }
        continuation?.resume()
    }
}
