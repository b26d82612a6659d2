import Confirming
package import ECryptoPay
package import Payments
package import Synchronization

/// An API that answers as the test says, and notes what it was asked.
package final class ScriptedPayments: PaymentAPI {
    package struct Log {
        package var asked: [PaymentID] = []
        package var underWay: [PaymentID: Int] = [:]
        package var mostAtOnce = 0
        package var wasTwiceAtOnce = false
    }

    package typealias Script = @Sendable (PaymentID) async throws(APIError) -> ConfirmedPayment

    private let state: Mutex<(log: Log, script: Script)>

    package init(_ script: @escaping Script) {
        state = Mutex((Log(), script))
    }

    package var log: Log { state.withLock { $0.log } }

    package func change(_ script: @escaping Script) { state.withLock { $0.script = script } }

    /// What a listing shows; nil when it fails.
    package let list: Mutex<[ConfirmedPayment]?> = Mutex(nil)

    /// How it fails; a status 500 when there is no list.
    package let listFault: Mutex<APIError.Kind?> = Mutex(nil)
    /// How long its error asks to wait.
    package let listRetryAfter: Mutex<Duration?> = Mutex(nil)
    /// Holds listings back.
    package let listGate: Mutex<Gate?> = Mutex(nil)
    package let listings = Mutex(0)

    package func forEachPayment(_ body: @escaping @Sendable (ConfirmedPayment) -> Void) async throws(APIError) -> Int {
        listings.withLock { $0 += 1 }
        await listGate.withLock { $0 }?.pass()
        if let kind = listFault.withLock({ $0 }) {
            throw APIError(
                kind: kind, method: "GET", path: "/api/v1/payments", detail: "scripted",
                retryAfter: listRetryAfter.withLock { $0 })
        }
        guard let payments = list.withLock({ $0 }) else {
            throw APIError(kind: .status(500), method: "GET", path: "/api/v1/payments", detail: "scripted")
        }
        for payment in payments { body(payment) }
        return payments.count
    }

    package func payment(id: PaymentID) async throws(APIError) -> ConfirmedPayment {
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

    package static func paid(_ id: PaymentID, state: String = "paid", amount: String = "150.0") -> ConfirmedPayment {
        let text =
            #"{"id":\#(id),"state":"\#(state)","amount":"\#(amount)","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z"}"#
        do { return try ConfirmedPayment(answer: Array(text.utf8), asked: id) } catch {
            preconditionFailure("\(error)")
        }
    }

    package static func error(_ kind: APIError.Kind, id: PaymentID, retryAfter: Duration? = nil) -> APIError {
        APIError(
            kind: kind, method: "GET", path: "/api/v1/payments/\(id)", detail: "scripted", retryAfter: retryAfter)
    }
}

/// Holds tasks until it is opened.
package final class Gate: Sendable {
    package init() {}

    private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

    package func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
