import Payments
import PaymentSamples
import Testing

/// Each row of the table of verdicts that compares a report with an answer.
struct ComparisonTests {
    private let answer: ConfirmedPayment

    init() throws {
        answer = try payment(state: "paid", amount: "150.0", currency: "btc", updatedAt: time(10))
    }

    @Test func `a report that says the same is settled, whatever the times`() throws {
        for second in [5, 10, 15] {
            #expect(Comparison(try report(state: "paid", updatedAt: time(second)), answer) == .settled)
        }
    }

    @Test func `another state that is not newer is settled`() throws {
        #expect(Comparison(try report(state: "open", updatedAt: time(5)), answer) == .settled)
        #expect(Comparison(try report(state: "open", updatedAt: time(10)), answer) == .settled)
        #expect(
            Comparison(try report(#"{"id":1,"state":"open","amount":"150","currency":"btc"}"#), answer) == .settled)
        #expect(Comparison(try report(state: "open", updatedAt: "gestern"), answer) == .settled)
    }

    @Test func `another state that is newer is ahead`() throws {
        #expect(Comparison(try report(state: "refunded", updatedAt: time(11)), answer) == .ahead)
    }

    @Test func `another amount or currency is contradicted, before the state is looked at`() throws {
        #expect(
            Comparison(try report(state: "refunded", amount: "150.01", updatedAt: time(11)), answer)
                == .contradicted(.amountMismatch))
        #expect(
            Comparison(try report(state: "paid", currency: "eth", updatedAt: time(10)), answer)
                == .contradicted(.currencyMismatch))
    }

    @Test func `notation and letter case make no difference`() throws {
        #expect(
            Comparison(try report(state: "paid", amount: "150.000", currency: "BTC", updatedAt: time(10)), answer)
                == .settled)
    }

    @Test func `what a report lacks is not compared`() throws {
        #expect(Comparison(try report(#"{"id":1,"state":"paid"}"#), answer) == .settled)
        #expect(Comparison(try report(#"{"id":1,"state":"paid","amount":1,"currency":7}"#), answer) == .settled)
    }
}
