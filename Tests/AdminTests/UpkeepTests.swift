import HTTP1
import JSON
import JournalFormat
import Ledger
import Logging
import Testing

@testable import Admin

/// What is told of the scrub, of the last backup, and of damage that a backup has.
struct UpkeepTests {
    private func page(_ status: DaemonStatus) -> String {
        String(decoding: StatusPage(status, ActivityPicture()).response(nonce: "n").body, as: UTF8.self)
    }

    private func metrics(_ status: DaemonStatus) -> String {
        String(decoding: MetricsAnswer.text(status), as: UTF8.self)
    }

    private func journal(_ status: DaemonStatus) throws -> JSONValue? {
        try JSONValue(parsing: StatusAnswer.response(status).body)["journal"]
    }

    private let damage = Damage(segment: 1, offset: 7, fault: .form, lost: 5...5)

    @Test func `scrub and backup are told, and an old one is no problem`() throws {
        let status = DaemonStatus.test(lastAt: 0)
        #expect(status.problems == [])
        #expect(try journal(status)?["last_backup_at"]?.string == "1970-01-01T00:00:00Z")
        #expect(try journal(status)?["scrub"]?["round_seconds"]?.integer == 60)
        #expect(try journal(status)?["scrub"]?["read_bytes"]?.integer == 5)
        #expect(try journal(status)?["scrub"]?["last_complete_at"]?.string == "1970-01-01T00:00:00Z")
        #expect(metrics(status).contains("\necryptopayd_journal_scrub_read_bytes_total 5\n"))
        #expect(metrics(status).contains("\necryptopayd_journal_last_backup_timestamp_seconds 0.000000000\n"))
        #expect(page(status).contains("<dt>last backup</dt><dd>1 h ago"), "\(page(status))")
        #expect(page(status).contains("<dt>last scrub</dt>"))
    }

    @Test func `what never was is absent, and so is all of it where there are no files`() throws {
        let never = DaemonStatus.test()
        #expect(try journal(never)?["last_backup_at"] == .null)
        #expect(try journal(never)?["scrub"]?["last_complete_at"] == .null)
        #expect(!metrics(never).contains("last_backup") && !metrics(never).contains("last_complete"))
        #expect(metrics(never).contains("scrub_read_bytes_total"))
        let database = DaemonStatus.test(room: nil)
        #expect(try journal(database)?["scrub"] == .null)
        #expect(!metrics(database).contains("scrub") && !page(database).contains("scrub"))
    }

    @Test func `damage names the last backup if that has the record`() {
        let problem = DaemonStatus.test(lastAt: 0, damage: [damage]).problems[0]
        #expect(problem.contains("from a backup (the last one, of 1970-01-01T00:00:00Z, is /mnt); as the last resort"))
        #expect(problem.contains("(the scrub, when it finds the segment whole, or a restart ends this notice)"))
        let later = Damage(segment: 1, offset: 7, fault: .form, lost: 9...10)
        for status in [DaemonStatus.test(lastAt: 0, damage: [later]), .test(damage: [damage])] {
            #expect(status.problems[0].contains("from a backup; as the last resort"))
        }
    }

    @Test func `damage of a segment is no problem any more when that has been read whole`() {
        let list = DamageList(Logger(label: "test"))
        let other = Damage(segment: 9, offset: 7, fault: .form)
        for damage in [damage, other, damage] { list.ledgerFoundDamage(damage) }
        list.ledgerReadWhole(SegmentName.name(firstSeq: 1))
        #expect(list.all == [other])
        list.ledgerFoundDamage(damage)
        #expect(list.all == [other, damage])
    }
}
