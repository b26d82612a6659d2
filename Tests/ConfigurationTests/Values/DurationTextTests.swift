import Testing

@testable import Configuration

@Suite struct DurationTextTests {
    @Test(
        "what is written is read, and shown in the longest unit that divides it",
        arguments: [
            ("500ms", Duration.milliseconds(500), "500ms"), ("10s", .seconds(10), "10s"), ("5m", .seconds(300), "5m"),
            ("72h", .seconds(259_200), "72h"), ("75s", .seconds(75), "75s"), ("1000ms", .seconds(1), "1s"),
            ("120m", .seconds(7200), "2h"), ("0", .zero, "0"), ("0h", .zero, "0"), ("007s", .seconds(7), "7s"),
            ("90000ms", .seconds(90), "90s"), ("90d", .seconds(7_776_000), "2160h"),
        ])
    func roundTrip(text: String, duration: Duration, shown: String) throws {
        #expect(try DurationText.parse(text) == duration)
        #expect(DurationText.text(of: duration) == shown)
        #expect(try DurationText.parse(shown) == duration)
    }
}
