import JournalFormat
import Ledger
import Payments
package import SharedLedger
import Synchronization

// What a test does to the tables by hand.
extension SimulatedDatabase {
    /// All connections break.
    package func restart() { state.withLock { $0.servers[$0.primary].restart() } }

    /// Another node decides from now on.
    package func takeLeaseAway() { change { $0.lease?.epoch += 1 } }

    /// Another record stands in the place of the last one.
    package func replaceLast(by record: RecordRow) { change { $0.replaceLast(by: record) } }

    /// Records are gone as after a prune.
    package func prune(before end: Int64) { change { _ = $0.drop(before: end, epoch: $0.lease?.epoch ?? 0) } }

    /// A record is gone for no reason.
    package func lose(record seq: Int64) { change { $0.lose(record: seq) } }

    /// There is a report in the inbox.
    package func insert(_ payment: Int64, of node: Int64, number: Int64) {
        let json = Array(#"{"id":\#(payment),"state":"paid"}"#.utf8)
        let members = ReceivedMembers(
            Record.Received(payment: payment, peer: "by hand", report: json, deviations: []))
        let report = InboxReport(node: node, number: number, members: members)
        let time = environment.now()
        change { $0.inbox.append(InboxRow(time: time, report: report)) }
    }
}
