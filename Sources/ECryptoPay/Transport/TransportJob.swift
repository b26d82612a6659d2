import Synchronization

/// One request on its way: who waits for it, and who works on it.
///
/// The caller is resumed exactly once: by the worker's result, or at once by a cancellation, whatever the worker is
/// doing.
final class TransportJob: Sendable {
    typealias Outcome = Result<TransportAnswer, TransportFault>

    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var worker: CurlWorker?
        var isCancelled = false
    }

    static let cancellation = Outcome.failure(TransportFault(.cancelled, "cancelled"))

    let request: TransportRequest
    private let state = Mutex(State())

    init(_ request: TransportRequest) {
        self.request = request
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Takes the caller's continuation; false, with the caller resumed, when the cancellation was faster.
    func wait(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.continuation = continuation }
            return state.isCancelled
        }
        if isCancelled { continuation.resume(returning: Self.cancellation) }
        return !isCancelled
    }

    /// Notes which worker to wake on a cancellation; false when there is nothing left to do.
    func begin(on worker: CurlWorker) -> Bool {
        state.withLock { state in
            if !state.isCancelled { state.worker = worker }
            return !state.isCancelled
        }
    }

    /// Hands the result to the caller, if it still waits.
    func finish(_ outcome: Outcome) {
        let continuation = state.withLock { state in
            state.worker = nil
            return state.continuation.take()
        }
        continuation?.resume(returning: outcome)
    }

    /// Resumes the caller now and wakes the worker, so that it drops the transfer.
    func cancel() {
        let (continuation, worker) = state.withLock { state in
            state.isCancelled = true
            return (state.continuation.take(), state.worker)
        }
        continuation?.resume(returning: Self.cancellation)
        worker?.wake()
    }
}
