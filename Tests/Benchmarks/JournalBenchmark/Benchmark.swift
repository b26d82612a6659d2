import Glibc
import JournalFormat
import JournalStore
import Ledger
import Payments
import POSIX

/// Makes journals to measure with, and measures an append, also beside many known payments:
/// `JournalBenchmark generate DIR PAYMENTS WAITING`, `append COUNT` or `intake KNOWN COUNT`.
@main
enum Benchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().compactMap { Int($0) }) {
        case ("generate", let counts) where counts.count == 2 && arguments.count == 4:
            try generate(arguments[arguments.startIndex + 1], settled: counts[0], waiting: counts[1])
        case ("append", let counts) where counts.count == 1: try append(counts[0])
        case ("intake", let counts) where counts.count == 2: try intake(counts[1], known: counts[0])
        default:
            print(
                """
                usage: JournalBenchmark generate DIR SETTLED-PAYMENTS WAITING-PAYMENTS | append COUNT
                       | intake KNOWN-PAYMENTS COUNT
                """)
            exit(64)
        }
    }

    static func json(_ id: Int, state: String = "paid") -> [UInt8] {
        Array(
            #"""
            {"id":\#(id),"currency":"btc","amount":"1500.00","created_at":"2026-11-20T18:04:05.123Z",\#
            "updated_at":"2026-11-20T18:09:11.456Z","state":"\#(state)","currency_amount":"0.00123456"}
            """#.utf8)
    }

    static func received(_ id: Int) -> Record {
        .received(.init(payment: Int64(id), peer: "127.0.0.1:40000", report: json(id), deviations: []))
    }

    /// A journal as the daemon writes it: two records for each settled payment, one for each that waits.
    static func generate(_ directory: String, settled: Int, waiting: Int) throws {
        try FileCalls.makeDirectory(directory)
        let journal = try open(try DirectoryDisk(path: directory))
        for id in 1...settled {
            let report = try journal.append(received(id), time: Clock.realtime())
            let confirmed = Record.Confirmed(
                payment: Int64(id), current: json(id), news: true, of: [report.seq], cause: .webhook)
            _ = try journal.append(.confirmed(confirmed), time: Clock.realtime())
        }
        for id in settled + 1...settled + waiting { _ = try journal.append(received(id), time: Clock.realtime()) }
        journal.close(time: Clock.realtime())
    }

    /// A report's processor time in two parts: decoding it, and an append's own (admission, encoding, checksum, bookkeeping,
    /// its share of a commit), on a disk that takes a fifth of a millisecond to sync.
    static func append(_ count: Int) throws {
        let ledger = try ledger()
        let bodies = (1...count).map { json($0) }
        var reports: [ReportedPayment] = []
        reports.reserveCapacity(count)
        let start = processorTime()
        for body in bodies { reports.append(try ReportedPayment(body: body.span)) }
        let decoded = processorTime()
        for report in reports { _ = ledger.record(report, peer: "127.0.0.1:40000") }
        ledger.close()
        let appended = processorTime()
        print("decode \(each(decoded - start, count)), append \(each(appended - decoded, count))")
    }

    /// What a report costs from its bytes on, half of them of payments that are known, in turn over all of them; and the
    /// memory that a known payment takes.
    static func intake(_ count: Int, known: Int) throws {
        let ledger = try ledger()
        let empty = anonymousMemory()
        guard ledger.beginListing() else { return }
        for first in stride(from: 1, through: known, by: 1000) {
            let payments = try (first..<first + 1000).map { try ConfirmedPayment(answer: json($0), asked: Int64($0)) }
            _ = try ledger.list(payments)
        }
        _ = try ledger.endListing(isWhole: true)
        let bytes = (anonymousMemory() - empty) / known
        let stride = max(1, known / count * 2)
        let bodies = (0..<count).map { index in
            index % 2 == 0 ? json(known + 1 + index) : json(1 + index / 2 * stride % known, state: "settled")
        }
        let start = processorTime()
        for body in bodies { _ = ledger.record(try ReportedPayment(body: body.span), peer: "127.0.0.1:40000") }
        ledger.close()
        print("\(known) known: \(bytes) bytes each; taking a report in \(each(processorTime() - start, count))")
    }

    private static func ledger() throws -> FileLedger {
        try FileLedger(
            NullDisk(),
            .init(
                limits: .init(maxPending: .max, confirmRate: 10, confirmWindow: .seconds(3600)), minimumFreeBytes: 0),
            journal: options, randomID: "benchmark", seed: 1)
    }

    private static func each(_ nanoseconds: Int64, _ count: Int) -> String {
        "\(Double(nanoseconds / Int64(count / 100)) / 100_000) µs"
    }

    private static let options = Journal.Options(
        segmentBytes: 64 << 20, version: "benchmark", api: "127.0.0.1:9", client: "bench")

    private static func open(_ disk: any Disk) throws -> Journal {
        try Journal.open(disk, options, randomID: "benchmark", time: Clock.realtime()) { _, _ in }.0
    }

    /// In bytes.
    private static func anonymousMemory() -> Int {
        guard let file = fopen("/proc/self/smaps_rollup", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 200)
        while fgets(&line, 200, file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self).split(separator: " ")
            if words.first == "Pss_Anon:", let kilobytes = Int(words[1]) { return kilobytes << 10 }
        }
        return 0
    }

    /// Of all threads, in nanoseconds.
    private static func processorTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
