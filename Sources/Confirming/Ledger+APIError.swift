import ECryptoPay
import Ledger

extension Ledger {
    /// Does what the API asks for with the refusal of a call that began then.
    func heed(_ error: APIError, callBegan: Instant) {
        if error.kind == .status(429) || error.kind == .status(503) { slowDown(callBegan: callBegan) }
        if let duration = error.retryAfter { pause(duration) }
    }
}
