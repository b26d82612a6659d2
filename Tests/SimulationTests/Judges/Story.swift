import JournalFormat
import JournalStore
import JournalStoreSimulation
import Ledger
import Payments

extension World {
    /// The journal's records, the calls of the API and the reports that were posted, in the order of their times.
    func story(_ state: DiskState) -> String {
        var lines: [(time: Int64, text: String)] = []
        _ = try? JournalReader(SimulatedDisk(state, keepsCalls: false)).forEachLine { line, entry in
            lines.append((entry.time, "journal " + String(decoding: line.dropFirst(18), as: UTF8.self)))
        }
        return story(lines)
    }

    /// The same with lines of whatever happened besides.
    func story(_ others: [(time: Int64, text: String)]) -> String {
        var lines = others
        for call in calls {
            let end = "\(call.outcome) at \(Self.text(call.ended)), showing \(call.shown.sorted())"
            lines.append((call.began, "call \(call.subject) in life \(call.life), \(call.fault): \(end)"))
        }
        for offer in offers {
            let end = offer.acknowledgedAt.map { "acknowledged at \(Self.text($0))" } ?? "not acknowledged"
            lines.append((offer.time, "offer \(offer.report) to life \(offer.life) at \(offer.position ?? 0), \(end)"))
        }
        let times = lines.indices.sorted { (lines[$0].time, $0) < (lines[$1].time, $1) }
        return times.map { "\(Self.text(lines[$0].time)) \(lines[$0].text)" }.joined(separator: "\n")
    }
}
