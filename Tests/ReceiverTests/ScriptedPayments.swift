import ECryptoPay
import Payments
import Receiver
import Synchronization

/// An API that answers as the test says, and notes what it was asked.
final class ScriptedPayments: PaymentAPI {
    struct Log {
        var asked: [PaymentID] = []
        var underWay: [PaymentID: Int] = [:]
        var mostAtOnce = 0
        var wasTwiceAtOnce = false
    }

    typealias Script = @Sendable (PaymentID) async throws(APIError) -> ConfirmedPayment

    private let state: Mutex<(log: Log, script: Script)>

    init(_ script: @escaping Script) {
        state = Mutex((Log(), script))
    }

    var log: Log { state.withLock { $0.log } }

    func change(_ script: @escaping Script) { state.withLock { $0.script = script } }

    func payment(id: PaymentID) async throws(APIError) -> ConfirmedPayment {
        let script = state.withLock { state in
            state.log.asked.append(id)
            state.log.underWay[id, default: 0] += 1
            if state.log.underWay[id] == 2 { state.log.wasTwiceAtOnce = true }
            state.log.mostAtOnce = max(state.log.mostAtOnce, state.log.underWay.values.reduce(0, +))
            return state.script
        }
        defer { state.withLock { $0.log.underWay[id, default: 1] -= 1 } }
        return try await script(id)
    }

    static func paid(_ id: PaymentID, state: String = "paid", amount: String = "150.0") -> ConfirmedPayment {
        let text =
            #"{"id":\#(id),"state":"\#(state)","amount":"\#(amount)","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z"}"#
        do { return try ConfirmedPayment(answer: Array(text.utf8), asked: id) } catch {
            preconditionFailure("\(error)")
        }
    }

    static func error(_ kind: APIError.Kind, id: PaymentID, retryAfter: Duration? = nil) -> APIError {
        APIError(
            kind: kind, method: "GET", path: "/api/v1/payments/\(id)", detail: "scripted", retryAfter: retryAfter)
    }
}

/// Holds tasks until it is opened.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
