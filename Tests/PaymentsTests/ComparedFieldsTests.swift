import Payments
import PaymentSamples
import Testing

struct ComparedFieldsTests {
    @Test func `amounts are equal by value, and currencies without regard to case`() throws {
        let base = try report(state: "paid", amount: "150.0", currency: "btc", updatedAt: time(1))
        for amount in ["150.00", "150", "1.5e2", "+0150"] {
            let other = try report(state: "paid", amount: amount, currency: "BtC", updatedAt: time(2))
            #expect(other.summary.fields == base.summary.fields)
        }
        let answer = try payment(state: "paid", amount: "150.0", currency: "BTC", updatedAt: time(3))
        #expect(answer.summary.fields == base.summary.fields && answer.summary.longFields == nil)
        let escaped = try report(#"{"id":3,"st\u0061te":"p\u0061id","amount":"\u00315e1","currency":"\u0042TC"}"#)
        #expect(
            escaped.summary.fields
                == (try report(#"{"id":1,"state":"paid","amount":"150","currency":"btc"}"#).summary.fields))
    }

    @Test func `states differ whatever a hash of them says`() throws {
        // Two that FNV-1a, with its 64 bits, cannot tell apart: such a pair is found in minutes.
        let forged = try report(state: "npeijjhkcijelibd", updatedAt: time(1))
        let genuine = try report(state: "danbnmhpdldkdnbj", updatedAt: time(1))
        #expect(forged.summary.fields != genuine.summary.fields)
    }

    /// A report made of parts that meet where the bytes of one end and those of the next begin.
    private struct Parts: Hashable {
        var state: String
        var amount: String?
        var currency: String?

        init(_ random: inout SystemRandomNumberGenerator) {
            func text(_ letters: [String], _ counts: ClosedRange<Int>) -> String {
                (0..<Int.random(in: counts, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }
                    .joined()
            }
            state = text(["a", "b", "A", "1", "0", "é", "\u{0}"], 1...12)
            amount =
                Bool.random(using: &random)
                ? (Bool.random(using: &random) ? "-" : "") + text(["1", "0"], 1...3)
                    + ["", ".5", "e1", "e-70", "e70", ".01e61"].randomElement(using: &random)! : nil
            currency = Int.random(in: 0..<4, using: &random) > 0 ? text(["a", "b", "A", "1"], 0...14) : nil
        }

        var json: String {
            let amount = amount.map { #","amount":"\#($0)""# } ?? ""
            let currency = currency.map { #","currency":"\#($0)""# } ?? ""
            let state = state.replacing("\u{0}", with: #"\u0000"#)
            return #"{"id":1,"state":"\#(state)"\#(amount)\#(currency)}"#
        }

        /// What two of them are compared by, in texts that nothing can run into.
        var meaning: [String?] {
            [state, amount.flatMap { Amount($0) }.map { "\($0)" }, currency?.lowercased()]
        }
    }

    @Test func `two reports are equal exactly when each of their fields is`() throws {
        var random = SystemRandomNumberGenerator()
        var equal = 0
        for _ in 0..<30_000 {
            let first = Parts(&random)
            var second = first
            let other = Parts(&random)
            // Mostly alike, or nothing would ever be equal.
            if Int.random(in: 0..<4, using: &random) == 0 { second.state = other.state }
            if Int.random(in: 0..<3, using: &random) == 0 { second.amount = other.amount }
            if Int.random(in: 0..<3, using: &random) == 0 { second.currency = other.currency }
            if Int.random(in: 0..<3, using: &random) == 0 { second.currency = second.currency?.uppercased() }
            let fields = (try report(first.json).summary.fields, try report(second.json).summary.fields)
            guard fields.0.isWhole, fields.1.isWhole else { continue }
            let isSame = first.meaning == second.meaning
            #expect((fields.0 == fields.1) == isSame, "\(first) and \(second)")
            let agree = first.meaning.dropFirst() == second.meaning.dropFirst()
            #expect(fields.0.agrees(with: fields.1) == agree, "\(first) and \(second)")
            if isSame { equal += 1 }
        }
        #expect(equal > 1000)
    }

    @Test func `what is too long for one value is known as such, and an answer's is kept`() throws {
        func answer(_ state: String) throws -> ConfirmedSummary {
            try payment(state: state, amount: "1", currency: "btc", updatedAt: time(1)).summary
        }
        // Two bytes for the amount, four for the currency.
        let longest = String(repeating: "x", count: 25)
        #expect(try answer(longest).fields.isWhole && answer(longest).longFields == nil)
        let (first, second) = (try answer(longest + "y"), try answer(longest + "z"))
        #expect(!first.fields.isWhole && first.fields == second.fields)
        #expect(first.longFields != nil && first.longFields != second.longFields)
        #expect(!first.fields.agrees(with: second.fields))
    }
}
