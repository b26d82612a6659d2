import JournalFormat
import Testing

struct EntryViewTests {
    private static let start = #""seq":17,"durable":12,"time":"2026-11-22T22:31:04.512345Z""#

    private func view(_ line: [UInt8]) throws(LineFault) -> EntryView {
        try EntryView(RecordLine(checking: line.span), line.span)
    }

    /// What is wrong with the content of a line with these members behind `kind`.
    private func problem(_ kind: String, _ members: String) -> String? {
        let line = RecordCodecTests.sealed(#"\#(Self.start),"kind":"\#(kind)"\#(members)}"#)
        do throws(LineFault) {
            _ = try view(line)
            return nil
        } catch {
            switch error {
            case .content(let problem): return problem
            case .laterVersion(let later): return later.problem
            default: return "\(error)"
            }
        }
    }

    @Test func `a member that is JSON is shown where it stands in the line`() throws {
        let report = Array(#"{"id":42,"state":"paid"}"#.utf8)
        var line: [UInt8] = []
        for record: Record in [
            .received(.init(payment: 42, peer: "unix", report: report, deviations: ["x"])),
            .confirmed(.init(payment: 42, current: report, news: false, of: [3, 4], cause: .manual)),
            .known(payment: 42, current: report),
        ] {
            line.removeAll()
            RecordCodec.append(record, seq: 17, durable: 12, time: 0, to: &line)
            line.removeLast()
            let view = try view(line)
            #expect(view.seq == 17 && view.durable == 12 && view.time == 0)
            switch view.record {
            case .received(let received): #expect(received.payment == 42 && Array(line[received.report]) == report)
            case .confirmed(let confirmed):
                #expect(confirmed.payment == 42 && Array(line[confirmed.current]) == report)
                #expect(confirmed.of == [3, 4] && !confirmed.news)
            case .known(let payment, let current): #expect(payment == 42 && Array(line[current]) == report)
            case .other(let record): Issue.record("\(record) is shown whole")
            }
        }
    }

    @Test func `a string in the place of a payment is shown with its quotation marks`() throws {
        let line = RecordCodecTests.sealed(#"\#(Self.start),"kind":"known","payment":1,"current":"x"}"#)
        guard case .known(1, let current) = try view(line).record else {
            Issue.record("it is known")
            return
        }
        #expect(Array(line[current]) == Array(#""x""#.utf8))
    }

    /// Every member of every kind, in the order in which it is asked for.
    static let kinds: [(kind: String, members: [(name: String, good: String)])] = [
        (
            "opened",
            [("format", "1"), ("journal", #""a""#), ("version", #""b""#), ("api", #""c""#), ("client", #""d""#)]
        ),
        ("closed", []), ("baseline", [("count", "1")]), ("known", [("payment", "1"), ("current", "{}")]),
        ("received", [("payment", "1"), ("peer", #""a""#), ("report", "{}"), ("deviations", #"["b"]"#)]),
        (
            "confirmed",
            [("cause", #""webhook""#), ("payment", "1"), ("current", "{}"), ("news", "true"), ("of", "[1]")]
        ),
        ("refuted", [("payment", "1"), ("of", "2"), ("reason", #""a""#)]),
        ("abandoned", [("payment", "1"), ("of", "[2]"), ("attempts", "3"), ("error", #""a""#)]),
        ("delivered", [("payment", "1"), ("of", "2"), ("endpoint", #""a""#), ("attempts", "3")]),
        ("undeliverable", [("payment", "1"), ("of", "2"), ("endpoint", #""a""#), ("attempts", "3")]),
    ]

    @Test(arguments: kinds.indices)
    func `a member that is missing or of another type is named`(index: Int) {
        let (kind, members) = Self.kinds[index]
        func text(_ members: [(name: String, good: String)]) -> String {
            members.map { #","\#($0.name)":\#($0.good)"# }.joined()
        }
        #expect(problem(kind, text(members)) == nil)
        for (place, member) in members.enumerated() {
            var others = members
            others.remove(at: place)
            #expect(problem(kind, text(others)) == #""\#(member.name)" is missing"#)
            // Of the same length and with the same beginning as the one that is missing.
            let similar = [(name: "\(member.name.dropLast())_", good: member.good)]
            #expect(problem(kind, text(others + similar)) == #""\#(member.name)" is missing"#)
            // What came from outside may be any JSON.
            guard !["current", "report"].contains(member.name) else { continue }
            let wrong = [(name: member.name, good: "null")]
            #expect(problem(kind, text(others + wrong))?.hasPrefix(#""\#(member.name)" is n"#) == true)
        }
    }

    @Test(arguments: [
        (#","payment":1.5,"peer":"a","report":{},"deviations":[]"#, #""payment" is not an integer"#),
        (#","payment":1,"peer":"a","report":{},"deviations":["a",1]"#, #""deviations" holds something but strings"#),
        (#","payment":1,"peer":"a","report":{"#, "it is no JSON: the text ends too early"),
        (#","payment":1,"peer":"a","report":{}},"deviations":[]"#, "it is no JSON: something after the value"),
    ])
    func `a report's record says what is wrong with it`(members: String, detail: String) {
        #expect(problem("received", members)?.hasPrefix(detail) == true)
    }

    @Test(arguments: [
        (
            #","payment":1,"current":{},"news":true,"of":[1,"2"],"cause":"webhook""#,
            #""of" holds something but integers"#
        ),
        (#","payment":1,"current":{},"news":1,"of":[],"cause":"webhook""#, #""news" is neither true nor false"#),
        (
            #","payment":1,"current":{},"news":true,"of":[],"cause":"whim""#,
            #"its "cause" is not known to this version"#
        ),
    ])
    func `a confirmation's record says what is wrong with it`(members: String, detail: String) {
        #expect(problem("confirmed", members) == detail)
    }

    @Test func `a kind that is not known is passed over only if it says so`() throws {
        for members in [#","skip":true"#, #","payment":"x","skip":true"#, #","payment":7,"skip":true,"of":{}"#] {
            #expect(problem("shipped", members) == nil)
            let line = RecordCodecTests.sealed(#"\#(Self.start),"kind":"shipped"\#(members)}"#)
            let entry = try Entry(line: line.span)
            #expect(entry.record.kind == "shipped")
            #expect(entry.record.payment == (members.contains("7") ? 7 : nil))
        }
        for members in ["", #","skip":false"#, #","skip":"true""#, #","skip":1"#, #","skip":null"#, #","skip":[true]"#]
        {
            #expect(problem("shipped", members) == #"its kind "shipped" is not known to this version"#, "\(members)")
        }
    }

    @Test func `a kind that is known is read, whatever it says of skipping`() throws {
        let line = RecordCodecTests.sealed(#"\#(Self.start),"kind":"baseline","count":1,"skip":true}"#)
        #expect(try Entry(line: line.span).record == .baseline(count: 1))
        #expect(problem("baseline", #","skip":true"#) == #""count" is missing"#)
    }

    @Test func `"reads" is optional, and a number`() {
        let others = #","journal":"a","version":"b","api":"c","client":"d""#
        #expect(problem("opened", #","format":1,"reads":1\#(others)"#) == nil)
        #expect(problem("opened", #","format":1,"reads":"1"\#(others)"#) == #""reads" is not an integer"#)
        #expect(problem("opened", #","format":2\#(others)"#)?.contains("format 2 from there on") == true)
    }

    @Test func `a record's time that is none is refused`() throws {
        for time in [#""2026-11-22""#, "1", #""2026-13-22T22:31:04Z""#] {
            let line = RecordCodecTests.sealed(#""seq":1,"durable":0,"time":\#(time),"kind":"closed"}"#)
            #expect(throws: LineFault.self) { try view(line) }
        }
    }

    @Test func `of two members of one name the first counts`() throws {
        let line = RecordCodecTests.sealed(
            #"\#(Self.start),"kind":"baseline","count":1,"kind":"closed","count":2,"later":{}}"#)
        #expect(try Entry(line: line.span).record == .baseline(count: 1))
    }
}
