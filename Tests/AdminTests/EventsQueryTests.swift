import Testing

@testable import Admin

struct EventsQueryTests {
    private func query(_ text: String?, durable: Int64 = 9) throws(EventsQuery.Fault) -> EventsQuery {
        try EventsQuery(text.map { Array($0.utf8)[...] }, durable: durable)
    }

    @Test(arguments: [
        ("after=-1", "digits"), ("after=x", "digits"), ("after=", "digits"), ("after=1.5", "digits"),
        ("after=10", "beyond the last record, which is 9"), ("after=99999999999999999999", "beyond"),
        ("after=1&after=1", "twice"), ("kind=paid", "received"), ("since=1", "since"),
        ("kind=confirmed%2Cpaid", #"no kind "paid""#),
    ])
    func `a number that no record has, a kind that there is not and another name are refused`(
        text: String, word: String
    ) {
        let fault = #expect(throws: EventsQuery.Fault.self) { try query(text) }
        #expect(fault?.detail.contains(word) == true, "\(fault?.detail ?? "")")
        #expect(fault?.isBeyond == word.hasPrefix("beyond"))
    }

    @Test func `without a number it begins behind the last record, without kinds it shows all`() throws {
        for text in [nil, ""] as [String?] {
            let asked = try query(text)
            #expect(asked.after == 9 && asked.kinds.isEmpty)
        }
        #expect(try query("after=0").after == 0)
        #expect(try query("after=9").after == 9)
    }

    @Test func `names and values may be percent-encoded, and kinds stand behind commas or one by one`() throws {
        for text in ["%61fter=3&kind=refuted%2copened", "after=3&kind=opened&kind=refuted"] {
            let asked = try query(text)
            #expect(asked.after == 3 && asked.kinds == ["refuted", "opened"])
        }
    }
}
