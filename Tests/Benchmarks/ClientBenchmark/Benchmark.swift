import ECryptoPay
import Glibc
import POSIX
import Payments
import Synchronization

/// Measures the client against an API: `ClientBenchmark URL payments CALLS CONCURRENCY` or `ClientBenchmark URL list`.
@main
enum Benchmark {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.dropFirst().first, arguments.dropFirst(2).compactMap { Int($0) }) {
        case ("payments", let counts) where counts.count == 2:
            try await payments(arguments[0], calls: counts[0], concurrency: counts[1])
        case ("list", let counts) where counts.isEmpty: try await list(arguments[0])
        default:
            print("usage: ClientBenchmark URL payments CALLS CONCURRENCY | ClientBenchmark URL list")
            exit(64)
        }
    }

    /// What the tasks of a measurement share.
    private final class Tally: Sendable {
        let next = Atomic(1)
        let bytes = Atomic(0)
        let peak = Atomic(0)
        let memory = Mutex<[Int]>([])
    }

    private static func client(_ url: String, concurrency: Int) -> Client {
        let credentials = Credentials(clientID: "bench", clientSecret: "bench", email: "a@b.mx", password: "bench")
        return Client(
            Client.Configuration(
                credentials: credentials, apiURL: url, listMaximumBytes: 1 << 30, concurrency: concurrency))
    }

    /// So many calls of `payment(id:)`, that many at a time.
    private static func payments(_ url: String, calls: Int, concurrency: Int) async throws {
        let client = client(url, concurrency: concurrency)
        let tally = Tally()
        let start = Clock.monotonic()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<concurrency {
                group.addTask {
                    while case let number = tally.next.add(1, ordering: .relaxed).oldValue, number <= calls {
                        _ = try await client.payment(id: PaymentID(number))
                        // The ends of the first and of the last ten thousand.
                        if number == 10_000 || number == calls { tally.memory.withLock { $0.append(anonymousBytes()) } }
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = Double(Clock.monotonic() - start) / 1e9
        let readings = tally.memory.withLock { $0 }
        let growth = Double((readings.last ?? 0) - (readings.first ?? 0)) / 1_048_576
        print(
            """
            \(Int(Double(calls) / seconds)) calls a second, \(Int(processorSeconds() * 1e6) / calls) µs processor time each, \
            anonymous memory \((readings.last ?? 0) >> 10) KiB, \(growth < 0 ? "" : "+")\(Int(growth * 1024)) KiB since the \
            first ten thousand
            """)
    }

    /// One listing.
    private static func list(_ url: String) async throws {
        let client = client(url, concurrency: 1)
        try await client.authenticate()
        let before = anonymousBytes()
        let tally = Tally()
        let start = Clock.monotonic()
        let count = try await client.forEachPayment { payment in
            tally.bytes.add(payment.json.count + 1, ordering: .relaxed)
            if payment.id % 20_000 == 0 {
                tally.peak.store(max(anonymousBytes(), tally.peak.load(ordering: .relaxed)), ordering: .relaxed)
            }
        }
        let seconds = Double(Clock.monotonic() - start) / 1e9
        let megabytes = Double(tally.bytes.load(ordering: .relaxed)) / 1e6
        print(
            """
            \(count) payments, \(Int(megabytes)) MB at \(Int(megabytes / seconds)) MB/s, \
            \((max(0, tally.peak.load(ordering: .relaxed) - before)) >> 10) KiB of memory for it
            """)
    }

    /// The process's anonymous memory (`RssAnon` in proc_pid_status(5)).
    private static func anonymousBytes() -> Int {
        guard let text = try? FileCalls.read("/proc/self/status") else { return 0 }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) }.map { $0 << 10 } ?? 0
    }

    private static func processorSeconds() -> Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let micro =
            (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000 + usage.ru_utime.tv_usec
            + usage.ru_stime.tv_usec
        return Double(micro) / 1e6
    }
}
