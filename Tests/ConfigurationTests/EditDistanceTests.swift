import Testing

@testable import Configuration

@Suite struct EditDistanceTests {
    @Test(
        "the distance of two words counts insertions, removals and replacements",
        arguments: [
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
        ])
    func counts(first: String, second: String, distance: Int) {
        #expect(editDistance(first, second) == distance)
        #expect(editDistance(second, first) == distance)
    }
}
