import Payments
import Synchronization

/// Decodes a list as it comes, and hands each payment on until it is closed.
final class PaymentListSink: AnswerSink {
    private struct State {
        var decoder = PaymentListDecoder()
        var fault: PaymentListDecoder.Fault?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let body: @Sendable (ConfirmedPayment) -> Void

    init(_ body: @escaping @Sendable (ConfirmedPayment) -> Void) {
        self.body = body
    }

    func receive(_ chunk: Span<UInt8>) -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.fault == nil else { return false }
            do throws(PaymentListDecoder.Fault) { try state.decoder.feed(chunk, body) } catch { state.fault = error }
            return state.fault == nil
        }
    }

    /// From now on nothing is handed on: a cancelled transfer may go on for a moment on a thread of its own.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    /// How many payments the list had; throws when it was none, or not whole.
    func finish() throws(PaymentListDecoder.Fault) -> Int {
        try state.withLock { state throws(PaymentListDecoder.Fault) in
            if let fault = state.fault { throw fault }
            try state.decoder.finish()
            return state.decoder.count
        }
    }
}
