import Payments
import Testing

struct AmountTests {
    @Test(arguments: [
        ("150.0", "150.00"), ("150", "150.00"), ("0150", "150"), ("1.5e2", "150"), ("15E1", "150"), ("+150", "150"),
        ("0", "-0.000"),
        ("0.00123456", "1.23456e-3"), ("1000000000000000000000000.01", "1000000000000000000000000.010"),
    ])
    func `amounts of one value are equal, whatever the notation`(left: String, right: String) throws {
        let (left, right) = (try #require(Amount(left)), try #require(Amount(right)))
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
    }

    @Test(arguments: [
        ("150.00", "150.01"), ("150", "15"), ("150", "1500"), ("1", "-1"), ("0.1", "0.01"),
        // Binary floating point cannot tell these apart.
        ("0.1", "0.1000000000000000055511151231257827"), ("9007199254740993", "9007199254740992"),
    ])
    func `amounts of different values differ`(left: String, right: String) throws {
        #expect(try #require(Amount(left)) != #require(Amount(right)))
    }

    @Test(arguments: [
        "", " 1", "1 ", "1,5", "1.", ".5", "-", "abc", "1e", "1e+", "0x10", "NaN", "Infinity", "1.2.3", "1e9999999",
        "١",
        String(repeating: "9", count: 129),
    ])
    func `every other text is refused as an amount`(text: String) {
        #expect(Amount(text) == nil)
    }

    @Test(arguments: [
        ("1500.00", "1500"), ("0.00123456", "0.00123456"), ("-0.5", "-0.5"), ("0", "0"), ("12.340", "12.34"),
        ("1e3", "1000"),
        ("1e300", "0.1e301"),
    ])
    func `an amount reads back from its description`(text: String, description: String) throws {
        let amount = try #require(Amount(text))
        #expect(amount.description == description)
        #expect(Amount(amount.description) == amount)
    }
}
