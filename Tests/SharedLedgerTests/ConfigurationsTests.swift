import SharedLedger
import Testing

@testable import SharedLedger

struct ConfigurationsTests {
    private func row(_ node: Int64, _ configuration: [String: String]) -> NodeRow {
        NodeRow(node: node, name: "host \(node)", version: "1", configuration: Configurations.text(configuration))
    }

    private func differences(_ own: [String: String], _ others: [NodeRow]) -> [String] {
        let standing = LedgerStanding(lease: nil, nodes: [row(1, own)] + others, time: 0, oldestReportAt: nil)
        return Configurations.differences(of: 1, own, in: standing)
    }

    @Test func `the same settings give the same text, in whatever order`() {
        #expect(Configurations.text(["b": "2", "a": "1"]) == #"{"a":"1","b":"2"}"#)
    }

    @Test func `a setting that is another one elsewhere is named with the host`() {
        let found = differences(["rate": "5", "window": "7"], [row(2, ["rate": "6", "window": "7"])])
        #expect(found.count == 1)
        #expect(found.first?.contains("rate on this node differs from that on host 2") == true)
    }

    @Test func `settings that another version does not have, or writes otherwise, are no difference`() {
        let unreadable = NodeRow(node: 3, name: "host 3", version: "2", configuration: "?")
        #expect(differences(["rate": "5"], [row(2, [:]), unreadable]).isEmpty)
    }
}
