import Payments
import Testing

@testable import ECryptoPay

@Suite struct PaymentListTests {
    private func read(_ json: String) throws(PaymentList.Fault) -> [Int64] {
        try PaymentList.payments(Array(json.utf8)).map(\.id)
    }

    @Test func `a bare array of payments is read in its order`() throws {
        #expect(try read("[]") == [])
        #expect(
            try read(
                """
                 [ {"id":2,"state":"paid","amount":"1.0","currency":"btc"},
                   {"id":1,"state":"pending","amount":"2.0","currency":"btc"} ]
                """) == [2, 1])
    }

    @Test func `an element's JSON stays as it came`() throws {
        let element = #"{"id":2,"state":"p\u0061id","amount":1e2,"currency":"btc","new":[1,{}]}"#
        let payments = try PaymentList.payments(Array("[\(element)]".utf8))
        #expect(payments.map { String(decoding: $0.json, as: UTF8.self) } == [element])
        #expect(payments.first?.state == "paid")
    }

    @Test func `half a list is no list`() throws {
        #expect(throws: PaymentList.Fault.notAnArray) { try read("{}") }
        #expect(throws: PaymentList.Fault.self) { try read(#"[{"id":1,"state":"a","amount":"1","currency":"b"}"#) }
        #expect(throws: PaymentList.Fault.self) { try read("[1]") }
        let fault = #expect(throws: PaymentList.Fault.self) {
            try read(#"[{"id":1,"state":"a","amount":"1","currency":"b"},{"id":2}]"#)
        }
        guard case .element(1, _) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }
}
