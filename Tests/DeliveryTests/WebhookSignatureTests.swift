import Testing

@testable import Delivery

struct WebhookSignatureTests {
    @Test func `several keys sign side by side, so that a shop that knows either accepts`() {
        let keys: [[UInt8]] = [Array(repeating: 1, count: 24), Array(repeating: 2, count: 24)]
        func value(_ keys: [[UInt8]]) -> String {
            WebhookSignature(keys: keys).value(id: "msg_1", timestamp: 1_790_000_000, body: Array("{}".utf8))
        }
        let single = keys.map { value([$0]) }
        #expect(single.allSatisfy { $0.hasPrefix("v1,") && $0.count == 47 } && single[0] != single[1])
        #expect(value(keys) == "\(single[0]) \(single[1])")
    }
}
