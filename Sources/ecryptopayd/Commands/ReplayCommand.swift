import ArgumentParser
import CivilTime
import ECryptoPay
import JSON
import POSIX

/// `ecryptopayd replay`: has the running daemon deliver again.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Have the running daemon deliver confirmed payments to the shop again.",
        discussion: """
            Each record keeps its webhook-id, by which the shop tells what it has seen. What was undeliverable, or was for an \
            endpoint that is gone, goes to the endpoints that are there now. Says how many deliveries it makes, and asks \
            before it does. Exit code 66 when there is nothing to deliver. Where the journal is damaged, the rest is \
            delivered; each damage is printed, and the exit code is 65.
            """)

    @Option(help: ArgumentHelp("This record of the journal.", valueName: "number")) var seq: Int64?
    @Option(help: ArgumentHelp("Everything that was news about this payment.", valueName: "id")) var payment: Int64?
    @Option(
        help: ArgumentHelp(
            "Everything that was news since then: a time such as 2026-11-22T18:00:00Z, or a duration such as 24h.",
            valueName: "time")) var since: String?
    @Flag(help: "Only say how many deliveries it would be.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false
    @OptionGroup var configuration: ConfigurationOptions

    func validate() throws {
        guard [seq != nil, payment != nil, since != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("name one of --seq, --payment and --since")
        }
        if let number = seq ?? payment, number <= 0 { throw ValidationError("\(number) is not a positive number") }
    }

    func run() throws {
        try reportingFailure {
            let selection = try selection()
            let client = try AdminClient(configuration)
            let (count, damage) = try replay(selection, dryRun: true, client)
            for damage in damage { Console.error("not delivered again: \(Self.text(damage))") }
            if count == 0, damage.isEmpty {
                throw CommandFailure(.noInput, "nothing that was news is selected, or no endpoint is configured")
            }
            if dryRun {
                Console.print("\(count) deliveries would be made")
            } else if try count == 0 || yes || isConfirmed(count) {
                let count = count == 0 ? 0 : try replay(selection, dryRun: false, client).0
                Console.print("\(count) deliveries are being made")
            } else {
                Console.error("nothing was delivered again")
            }
            if !damage.isEmpty {
                throw CommandFailure(
                    .badData, "the journal is damaged; \"ecryptopayd journal verify\" shows all that is wrong")
            }
        }
    }

    /// E.g. `records 12 to 20: 00000000000000000001.jsonl at byte 4711: its checksum …; hint: …`.
    private static func text(_ damage: JSONValue) -> String {
        func text(_ name: String) -> String { damage[name]?.string ?? "" }
        var records = "some records"
        if let from = damage["from"]?.integer, let to = damage["to"]?.integer {
            records = from == to ? "record \(from)" : "records \(from) to \(to)"
        }
        return """
            \(records): \(text("segment")) at byte \(damage["offset"]?.integer ?? 0): \(text("reason")); hint: \(text("hint"))
            """
    }

    private func selection() throws -> (name: String, value: JSONValue) {
        if let seq { return ("seq", .number("\(seq)")) }
        if let payment { return ("payment", .number("\(payment)")) }
        let time = try RecordFilter.time(since ?? "", of: "--since")
        return ("since", .string(UTCTime(nanoseconds: time).iso8601(fractionDigits: 6)))
    }

    private func replay(
        _ selection: (name: String, value: JSONValue), dryRun: Bool, _ client: AdminClient
    ) throws -> (Int64, damage: [JSONValue]) {
        let body: JSONValue =
            dryRun
            ? .dictionary([selection.name: selection.value, "dry_run": .bool(true)])
            : .dictionary([selection.name: selection.value])
        let answer = try client.post("/replay", body)
        guard answer.status == 200, let report = try? JSONValue(parsing: answer.body),
            let count = report["deliveries"]?.integer
        else {
            throw CommandFailure(.unavailable, "the daemon did not take it: \(answer.problem)")
        }
        return (count, report["damage"]?.array ?? [])
    }

    private func isConfirmed(_ count: Int64) throws -> Bool {
        guard Terminal.isTerminal(0) else {
            throw CommandFailure(
                .usage, "\(count) deliveries would be made; add --yes to make them without being asked")
        }
        Console.errorPart("make \(count) deliveries again? [y/N] ")
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
}
