import ArgumentParser
import Configuration
import Glibc
import JSON
import JournalFormat
import Ledger
import LedgerDoubles
import Payments
import Testing
import TestSupport

@testable import ecryptopayd

/// What the journal's commands read, wherever a ledger keeps its records.
@Suite(.ownThread) struct JournalSourceTests {
    private let home = LedgerHome()

    private func source(_ form: LedgerBackend) async throws -> any JournalSource {
        switch try JournalPlace(argument: try await home.location(form)) {
        case .directory(let path): FileSource(path)
        case .database(let url): try DatabaseBackend.source(url, Settings())
        }
    }

    /// A journal of reports of these payments, which has been closed.
    private func journal(_ form: LedgerBackend, of payments: PaymentID...) async throws -> any JournalSource {
        let ledger = try await home.open(form)
        for (number, id) in payments.enumerated() {
            let report = #"{"id":\#(id),"state":"s\#(number)"}"#
            #expect(isTaken(ledger.record(try ReportedPayment(body: Array(report.utf8).span), peer: "test")))
        }
        try await eventually("all is durable") { ledger.durable > payments.count }
        ledger.close()
        return try await source(form)
    }

    /// The numbers of the records that `journal cat` would show.
    private func cat(_ source: any JournalSource, _ options: String...) throws -> [Int64] {
        var seqs: [Int64] = []
        let filter = try RecordFilter(try RecordSelection.parse(options), of: source)
        let fault = try source.forEachLine(matching: filter) { line, entry in
            #expect((try? Entry(line: Array(line).span)) == entry)
            seqs.append(entry.seq)
        }
        #expect(fault == nil)
        return seqs
    }

    @Test(arguments: LedgerBackend.allCases)
    func `where there is no journal, whatever reads it fails with 66 and names the place`(_ form: LedgerBackend)
        async throws
    {
        let source = try await source(form)
        let readings: [() throws -> Void] = [
            { _ = try source.segments }, { _ = try source.forEachLine(matching: .all) { _, _ in } },
            { _ = try source.tail(after: nil) }, { _ = try source.verify { _, _ in } },
            { _ = try source.prune(before: .max, dryRun: false) },
        ]
        let absence =
            form == .files ? "there is no journal in /" : "there is no ledger in the database at postgresql://"
        for reading in readings {
            let failure = #expect(throws: CommandFailure.self) { try reading() }
            #expect(
                failure?.status == .noInput && failure?.message.hasPrefix(absence) == true, "\(failure?.message ?? "")")
        }
    }

    @Test func `a directory that is not there is named`() {
        let failure = #expect(throws: CommandFailure.self) {
            try FileSource("/nonexistent").forEachLine(matching: .all) { _, _ in }
        }
        #expect(failure?.status == .noInput && failure?.message.contains("/nonexistent") == true)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `records are selected by payment, kind, number and time`(_ form: LedgerBackend) async throws {
        let source = try await journal(form, of: 1, 2, 1)
        #expect(try cat(source) == [1, 2, 3, 4, 5])
        #expect(try cat(source, "--payment", "1") == [2, 4])
        #expect(try cat(source, "--kind", "opened", "--kind", "closed") == [1, 5])
        #expect(try cat(source, "--after", "3") == [4, 5])
        #expect(try cat(source, "--after", "2", "--payment", "1", "--kind", "received", "--since", "1h") == [4])
        #expect(try cat(source, "--since", "2126-01-01T00:00:00Z") == [])
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a number behind the last record, or before the first, is as good as any`(_ form: LedgerBackend) async throws {
        let source = try await journal(form, of: 1, 2, 3)
        for (after, seqs) in [
            ("9223372036854775807", []), ("5", []), ("4", [5]), ("-1", [1, 2, 3, 4, 5]),
            ("-9223372036854775808", [1, 2, 3, 4, 5]),
        ] as [(String, [Int64])] {
            #expect(try cat(source, "--after=\(after)") == seqs, "\(after)")
        }
    }

    @Test(arguments: LedgerBackend.allCases)
    func `verify lists every problem and goes on behind it, and reading ends at the first`(_ form: LedgerBackend)
        async throws
    {
        let source = try await journal(form, of: 1, 2, 3, 4, 5, 6)
        let whole = try source.verify { _, _ in }
        #expect(whole.problems == [] && whole.hint == nil && whole.sentence.hasSuffix(": the journal is whole"))
        try await damage(changing: 3, removing: 5)
        let report = try source.verify { _, _ in }
        let lack = form == .files ? "record 5 should stand there, but it is record 6" : "record 5 is missing"
        try #require(report.problems.count == 2, "\(report)")
        #expect(report.problems[0].contains("its checksum says") && report.problems[1].contains(lack), "\(report)")
        #expect(report.sentence.hasSuffix(": the journal is damaged") && report.hint != nil)
        #expect(try JSONValue(parsing: Array(report.json.utf8))["problems"]?.integer == 2)
        var read: [Int64] = []
        let fault = try source.forEachLine(matching: .all) { read.append($1.seq) }
        #expect(fault?.contains("its checksum says") == true && read == [1, 2])
    }

    /// Has somebody else change a report's record, and remove another one.
    private func damage(changing changed: Int, removing removed: Int) async throws {
        guard let directory = home.directory else {
            _ = try await home.execute(
                "UPDATE ecryptopayd.records SET line = replace(line, 'state', 'stake') WHERE seq = \(changed)")
            _ = try await home.execute("DELETE FROM ecryptopayd.records WHERE seq = \(removed)")
            return
        }
        let segment = SegmentName.name(firstSeq: 1)
        var lines = try directory.readText(segment).split(separator: "\n").map(String.init)
        lines[changed - 1] = lines[changed - 1].replacing("state", with: "stake")
        lines.remove(at: removed - 1)
        try directory.write(lines.joined(separator: "\n") + "\n", to: segment)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `half a copy is no whole journal, and says how to go on`(_ form: LedgerBackend) async throws {
        let source = try await journal(form, of: 1)
        try home.directory?.write("id", to: "copying")
        _ = try await home.execute("UPDATE ecryptopayd.ledger SET copying = true")
        let report = try source.verify { _, _ in }
        #expect(report.sentence.hasSuffix(": half a copy of a journal"), "\(report)")
        #expect(
            report.problems == ["copying it was interrupted: run the same \"ecryptopayd journal copy\" again"]
                && report.hint?.contains("not all of a journal") == true)
        #expect(try JSONValue(parsing: Array(report.json.utf8))["problems"]?.integer == 1)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `statistics count records by kind and find the oldest report that waits`(_ form: LedgerBackend) async throws {
        let source = try await journal(form, of: 7, 8)
        var statistics = JournalStatistics()
        statistics.segments = try source.segments
        #expect(try source.forEachLine(matching: .all) { statistics.add($1, bytes: $0.count + 1) } == nil)
        let json = try JSONValue(parsing: Array(statistics.json.utf8))
        #expect(json["records"]?.integer == 4 && json["segments"]?.integer == 1)
        #expect(json["kinds"] == .dictionary(["closed": .integer(1), "opened": .integer(1), "received": .integer(2)]))
        #expect(json["unsettled"]?.integer == 2)
        #expect(json["oldest_unsettled"]?["seq"]?.integer == 2 && json["oldest_unsettled"]?["payment"]?.integer == 7)
        let table = statistics.table.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(table.contains("  received                   2"), "\(statistics.table)")
        #expect(table.last?.hasPrefix("the oldest is record 2, about payment 7, from 20") == true)
    }
}
