import JSON
import Ledger
import Payments
import Testing

@testable import ECryptoPay

@Suite struct PaymentListDecoderTests {
    /// Reads a list that comes in pieces of that many bytes.
    private func payments(_ json: String, in pieces: Int = .max) throws(PaymentListDecoder.Fault) -> [ConfirmedPayment]
    {
        var decoder = PaymentListDecoder()
        var payments: [ConfirmedPayment] = []
        let bytes = Array(json.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, pieces == .max ? .max : start + pieces)
            try decoder.feed(bytes.span.extracting(start..<end)) { payments.append($0) }
            start = end
        }
        try decoder.finish()
        #expect(decoder.count == payments.count)
        return payments
    }

    private static let two = """
         [ {"id":2,"state":"paid","amount":"1.0","currency":"btc"},
           {"id":1,"state":"}]\\"{\\\\","amount":"2.0","currency":"btc","new":{"a":[{}]}} ]

        """

    @Test(arguments: [.max, 1, 2, 3, 7, 64])
    func `a bare array of payments is read in its order, however it is cut`(pieces: Int) throws {
        #expect(try payments("[]", in: pieces).isEmpty)
        #expect(try payments(" [ ] ", in: pieces).isEmpty)
        let found = try payments(Self.two, in: pieces)
        #expect(found.map(\.id) == [2, 1])
        #expect(found.map(\.state) == ["paid", #"}]"{\"#])
    }

    @Test(arguments: [.max, 1, 5]) func `an element's JSON stays as it came`(pieces: Int) throws {
        let element = #"{"id":2,"state":"p\u0061id","amount":1e2,"currency":"btc","new":[1,{}]}"#
        let found = try payments("[\(element)]", in: pieces)
        #expect(found.map { String(decoding: $0.json, as: UTF8.self) } == [element])
        #expect(found.first?.state == "paid")
    }

    @Test(arguments: [.max, 1]) func `a body that is no array is refused`(pieces: Int) {
        let good = #"{"id":1,"state":"a","amount":"1","currency":"b"}"#
        for text in [
            "{}", "", "<html>", "null", "[[", "[\(good)", "[\(good),", "[\(good),]", "[\(good)\(good)]", "[,\(good)]",
        ]
            + ["[\(good)]]", "[\(good)] x", "[1]", "[\"a\"]", "[\(good)}", "[{]", "[{\"id\":1}]", "[\(good);\(good)]"]
        {
            #expect(throws: PaymentListDecoder.Fault.self, "\(text)") { try payments(text, in: pieces) }
        }
        #expect(throws: PaymentListDecoder.Fault.notAnArray) { try payments("{}", in: pieces) }
    }

    @Test func `the element that is no payment is named`() {
        let good = #"{"id":1,"state":"a","amount":"1","currency":"b"}"#
        let fault = #expect(throws: PaymentListDecoder.Fault.self) { try payments("[\(good),{\"id\":2}]") }
        #expect(fault == .element(1, .field("state", "missing")))
    }

    @Test func `an element beyond the bound is refused before it has ended`() {
        var decoder = PaymentListDecoder()
        let piece = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
        #expect(throws: PaymentListDecoder.Fault.self) {
            try decoder.feed(Array("[{".utf8).span) { _ in }
            try decoder.feed(piece.span) { _ in }
        }
    }

    @Test func `any bytes in any split give the same result`() {
        var random = SplitMix64(seed: 20)
        let alphabet = Array(#"[]{},:"\ a1"#.utf8) + Array(Self.two.utf8)
        for _ in 0..<2000 {
            var bytes = Array(Self.two.utf8)
            for _ in 0..<random.next() % 4 {
                bytes[Int(random.next() % UInt64(bytes.count))] = alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let whole = Result { try payments(text).map(\.json) }
            let cut = Result { try payments(text, in: 1 + Int(random.next() % 20)).map(\.json) }
            #expect((try? whole.get()) == (try? cut.get()), "\(text)")
        }
    }
}
