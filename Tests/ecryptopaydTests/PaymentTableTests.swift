import Payments
import Testing

@testable import ecryptopayd

/// The payments that `payments list` shows, and how.
struct PaymentTableTests {
    private func payment(_ id: PaymentID, _ members: String) throws -> ConfirmedPayment {
        try ConfirmedPayment(answer: Array(#"{"id":\#(id),\#(members)}"#.utf8), asked: id)
    }

    @Test func `numbers stand under each other, whatever the API sends beside them`() throws {
        var table = PaymentTable()
        #expect(table.isEmpty)
        table.append(
            try payment(
                9, #""state":"paid","amount":"12345.5","currency":"btc","updated_at":"2022-11-01T18:04:05Z""#))
        // A colour, a C1 control and a line end; and letters of two columns.
        table.append(
            try payment(10, #""state":"\u001b[31mno\u009b\n漢字","amount":"0.05","currency":"eth","created_at":"x""#))
        #expect(
            table.text.split(separator: "\n") == [
                "ID  STATE             MXN  CURRENCY  UPDATED",
                " 9  paid         12345.50  btc       2022-11-01T18:04:05Z",
                "10  [31mno 漢字      0.05  eth       -",
            ], "\(table.text)")
        #expect(!table.isEmpty)
    }

    @Test func `payments are selected by state and time, and one without a time is always shown`() throws {
        let payments = [
            try payment(1, #""state":"paid","amount":"1","currency":"btc","updated_at":"1970-01-01T00:00:10Z""#),
            try payment(2, #""state":"pending","amount":"1","currency":"btc","created_at":"1970-01-01T00:00:20Z""#),
            try payment(3, #""state":"paid","amount":"1","currency":"btc""#),
        ]
        func ids(_ states: Set<String> = [], since seconds: Int64? = nil) -> [PaymentID] {
            let selection = PaymentSelection(states: states, since: seconds.map { $0 * 1_000_000_000 } ?? .min)
            return payments.filter(selection.matches).map(\.id)
        }
        #expect(ids() == [1, 2, 3])
        #expect(ids(["paid"]) == [1, 3])
        #expect(ids(["paid", "pending"]) == [1, 2, 3])
        #expect(ids(["Paid"]) == [])
        #expect(ids(since: 10) == [1, 2, 3])
        #expect(ids(since: 11) == [2, 3])
        #expect(ids(["paid"], since: 4_000_000_000) == [3])
    }
}
