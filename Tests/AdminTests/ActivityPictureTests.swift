import JournalFormat
import Runtime
import Testing

@testable import Admin

struct ActivityPictureTests {
    private func entry(_ seq: Int64, _ record: Record, hour: Int64 = 0) -> Entry {
        Entry(seq: seq, durable: seq - 1, time: hour * ActivityPicture.hour + seq, record: record)
    }

    private func received(_ payment: Int64, _ report: String = #"{"state":"forged"}"#) -> Record {
        .received(.init(payment: payment, peer: "p", report: Array(report.utf8), deviations: []))
    }

    private func confirmed(_ payment: Int64, cause: Record.Cause = .webhook, news: Bool = true) -> Record {
        .confirmed(
            .init(payment: payment, current: Array(#"{"state":"paid"}"#.utf8), news: news, of: [], cause: cause))
    }

    @Test func `a payment's row shows the API's word again when a report of it is refuted`() {
        var picture = ActivityPicture()
        picture.add(entry(1, received(42)))
        #expect(picture.rows.map(\.verdict) == [.waits])
        picture.add(entry(2, confirmed(42)))
        picture.add(entry(3, received(42)))
        #expect(picture.rows.map(\.verdict) == [.waits])
        picture.add(entry(4, .refuted(payment: 42, of: 3, reason: "amount-mismatch")))
        #expect(picture.rows.map(\.verdict) == [.confirmed])
        #expect(picture.rows.map { String(decoding: $0.json, as: UTF8.self) } == [#"{"state":"paid"}"#])
        #expect(picture.refutations.map(\.payment) == [42])
    }

    @Test func `a report of a payment that nobody knows stays refuted, and one set aside is told`() {
        var picture = ActivityPicture()
        picture.add(entry(1, received(1)))
        picture.add(entry(2, received(2)))
        picture.add(entry(3, .refuted(payment: 1, of: 1, reason: "not-found")))
        picture.add(entry(4, .abandoned(.init(payment: 2, of: [2], attempts: 9, error: "e"))))
        #expect(picture.rows.map(\.payment) == [2, 1])
        #expect(picture.rows.map(\.verdict) == [.setAside, .refuted("not-found")])
        picture.add(entry(5, confirmed(3, cause: .reconcile)))
        picture.add(entry(6, confirmed(4, cause: .baseline)))
        #expect(picture.rows.map(\.payment) == [3, 2, 1])
        #expect(picture.rows.first?.verdict == .found)
    }

    @Test func `hours are counted by what was journaled in them, and forgotten after a day`() {
        var picture = ActivityPicture()
        picture.add(entry(1, received(1), hour: 1))
        picture.add(entry(2, confirmed(1), hour: 1))
        picture.add(entry(3, confirmed(1, news: false), hour: 2))
        picture.add(entry(4, received(2), hour: 2))
        picture.add(entry(5, .refuted(payment: 2, of: 4, reason: "not-found"), hour: 3))
        #expect(picture.hours[1] == .init(received: 1, confirmed: 1, refuted: 0))
        #expect(picture.hours[2] == .init(received: 1, confirmed: 0, refuted: 0))
        #expect(picture.hours[3] == .init(received: 0, confirmed: 0, refuted: 1))
        picture.forget(before: 2 * ActivityPicture.hour)
        #expect(picture.hours.keys.sorted() == [2, 3])
    }

    @Test func `of many payments and refutations no more are kept than the page shows`() {
        var picture = ActivityPicture()
        for seq in stride(from: Int64(1), to: 400, by: 2) {
            picture.add(entry(seq, received(seq)))
            picture.add(entry(seq + 1, .refuted(payment: seq, of: seq, reason: "not-found")))
        }
        #expect(picture.rows.count == 25)
        #expect(picture.rows.first?.payment == 399)
        #expect(picture.refutations.count == 10)
    }

    @Test func `text that goes into the page is escaped wherever it stands`() {
        let html = HTML.element("p", [("title", #""><script>'&"#)], "<b>&amp;</b>")
        #expect(
            html.description
                == "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">&lt;b&gt;&amp;amp;&lt;/b&gt;</p>")
    }

    @Test func `figures are told as people read them`() {
        #expect(HumanText.bytes(1023) == "1023 bytes")
        #expect(HumanText.bytes(1536) == "1.5 KiB")
        #expect(HumanText.bytes(64 << 20) == "64.0 MiB")
        #expect(HumanText.bytes(5 << 40) == "5.0 TiB")
        #expect(HumanText.duration(59_999_999_999) == "59 s")
        #expect(HumanText.duration(3_600_000_000_000) == "1 h")
        #expect(HumanText.duration(93_600_000_000_000) == "1 d 2 h")
    }
}
