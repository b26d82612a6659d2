import Ledger
import Synchronization

@testable import Delivery

/// An endpoint that answers as the test says, and notes what it was sent.
final class ScriptedShop: DeliverySender {
    typealias Script = @Sendable (DeliveryMessage) async -> DeliveryOutcome

    private let state: Mutex<(messages: [DeliveryMessage], script: Script)>

    init(_ script: @escaping Script = { _ in .accepted(status: 200) }) {
        state = Mutex(([], script))
    }

    func change(_ script: @escaping Script) { state.withLock { $0.script = script } }

    var messages: [DeliveryMessage] { state.withLock { $0.messages } }
    /// What came, in order, that too which was not taken.
    var ids: [String] { messages.map(\.id) }
    /// The same by the numbers of the records.
    var seqs: [Int64] { ids.compactMap { Int64($0.split(separator: "_")[2]) } }

    func send(_ message: DeliveryMessage) async -> DeliveryOutcome {
        let script = state.withLock { state in
            state.messages.append(message)
            return state.script
        }
        return await script(message)
    }
}
