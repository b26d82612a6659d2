import ArgumentParser
import CivilTime
import JournalFormat

/// `ecryptopayd journal stats`: what is in the journal.
struct JournalStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract:
            "Say what is in the journal: records by kind and by day, sizes, the oldest report that is not settled.")

    @OptionGroup var journal: JournalOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try reportingFailure {
            let source = try journal.source()
            var statistics = JournalStatistics()
            statistics.segments = try source.segments
            let fault = try source.forEachLine(matching: .all) { statistics.add($1, bytes: $0.count + 1) }
            if json { Console.print(json: Array(statistics.json.utf8)) } else { Console.print(statistics.table) }
            if let fault { throw CommandFailure(.badData, "only up to here: \(fault)") }
        }
    }
}

/// Counts over a journal.
struct JournalStatistics {
    var segments = 0
    private var records = 0
    private var bytes = 0
    private var kinds: [String: Int] = [:]
    private var days: [String: Int] = [:]
    private var waiting: [Int64: (payment: Int64, time: Int64)] = [:]

    mutating func add(_ entry: Entry, bytes: Int) {
        records += 1
        self.bytes += bytes
        kinds[entry.record.kind, default: 0] += 1
        days[String(UTCTime(nanoseconds: entry.time).iso8601().prefix(10)), default: 0] += 1
        switch entry.record {
        case .received(let received): waiting[entry.seq] = (received.payment, entry.time)
        case .confirmed(let confirmed): for seq in confirmed.of { waiting[seq] = nil }
        case .refuted(_, let of, _): waiting[of] = nil
        case .abandoned(let abandoned): for seq in abandoned.of { waiting[seq] = nil }
        default: break
        }
    }

    private var oldest: (seq: Int64, payment: Int64, time: String)? {
        waiting.min { $0.key < $1.key }.map {
            ($0.key, $0.value.payment, UTCTime(nanoseconds: $0.value.time).iso8601())
        }
    }

    /// For people.
    var table: String {
        var lines = ["\(records) records, \(bytes) bytes in \(segments) segments", "", "by kind"]
        lines += kinds.sorted { $0.key < $1.key }.map { Self.row($0.key, $0.value) }
        lines += ["", "by day"]
        lines += days.sorted { $0.key < $1.key }.map { Self.row($0.key, $0.value) }
        lines += ["", "\(waiting.count) reports are not settled"]
        if let oldest {
            lines.append("the oldest is record \(oldest.seq), about payment \(oldest.payment), from \(oldest.time)")
        }
        return lines.joined(separator: "\n")
    }

    /// For scripts.
    var json: String {
        let oldest = oldest.map { "{\"seq\":\($0.seq),\"payment\":\($0.payment),\"time\":\"\($0.time)\"}" } ?? "null"
        return """
            {"records":\(records),"bytes":\(bytes),"segments":\(segments),"kinds":\(kinds.json),"days":\(days.json),\
            "unsettled":\(waiting.count),"oldest_unsettled":\(oldest)}
            """
    }

    private static func row(_ name: String, _ count: Int) -> String {
        let digits = "\(count)"
        return "  " + name + String(repeating: " ", count: max(1, 28 - name.count - digits.count)) + digits
    }
}
