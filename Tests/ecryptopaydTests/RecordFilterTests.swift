import JournalFormat
import Testing

@testable import ecryptopayd

/// Which records a person has asked for.
struct RecordFilterTests {
    private static let hour: Int64 = 3_600_000_000_000

    @Test(arguments: [
        ("1970-01-01T00:00:01Z", 1_000_000_000), ("0s", 100 * hour), ("24h", 76 * hour), ("100h", 0), ("1000h", 0),
    ])
    func `a time is a time, or a duration before now and not before 1970`(text: String, time: Int64) throws {
        #expect(try RecordFilter.time(text, of: "--since", now: 100 * Self.hour) == time)
    }

    @Test func `what is neither a time nor a duration is refused with the option's name`() {
        for text in ["yesterday", "", "24", "1970-01-01"] {
            let failure = #expect(throws: CommandFailure.self) { try RecordFilter.time(text, of: "--since") }
            #expect(failure?.status == .usage && failure?.message.contains("--since \"\(text)\"") == true)
        }
    }

    @Test func `a kind that there is not is refused with those that there are`() {
        let failure = #expect(throws: CommandFailure.self) {
            try RecordFilter(payment: nil, kinds: ["received", "paid"], after: 0, since: .min)
        }
        #expect(failure?.status == .usage)
        #expect(failure?.message.hasPrefix("--kind paid: ") == true && failure?.message.contains("received") == true)
    }

    @Test func `a record passes when payment, kind, number and time all fit`() throws {
        let baseline = Entry(seq: 2, durable: 1, time: 7, record: .baseline(count: 0))
        let refuted = Entry(seq: 3, durable: 2, time: 7, record: .refuted(payment: 42, of: 1, reason: "forbidden"))
        func matches(payment: Int64? = nil, kinds: [String] = [], after: Int64 = 0, since: Int64 = .min) throws
            -> [Int64]
        {
            let filter = try RecordFilter(payment: payment, kinds: kinds, after: after, since: since)
            return [baseline, refuted].filter(filter.matches).map(\.seq)
        }
        #expect(try matches() == [2, 3])
        #expect(try matches(payment: 42) == [3])
        #expect(try matches(kinds: ["baseline", "received"]) == [2])
        #expect(try matches(after: 2) == [3])
        #expect(try matches(since: 7) == [2, 3])
        #expect(try matches(since: 8) == [])
        #expect(try matches(payment: 42, kinds: ["baseline"]) == [])
    }
}
