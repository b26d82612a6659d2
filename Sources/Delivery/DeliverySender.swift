package import Ledger

/// Brings a delivery to one endpoint.
package protocol DeliverySender: Sendable {
    /// Makes one attempt. Ends soon after its task was cancelled.
    func send(_ message: DeliveryMessage) async -> DeliveryOutcome
}
