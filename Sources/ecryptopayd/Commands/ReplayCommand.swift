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
            before it does. Exit code 66 when there is nothing to deliver.
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
            let count = try replay(selection, dryRun: true, client)
            if count == 0 {
                throw CommandFailure(.noInput, "nothing that was news is selected, or no endpoint is configured")
            }
            if dryRun { return Console.print("\(count) deliveries would be made") }
            guard try yes || isConfirmed(count) else { return Console.error("nothing was delivered again") }
            Console.print("\(try replay(selection, dryRun: false, client)) deliveries are being made")
        }
    }

    private func selection() throws -> (name: String, value: JSONValue) {
        if let seq { return ("seq", .number("\(seq)")) }
        if let payment { return ("payment", .number("\(payment)")) }
        let time = try RecordFilter.time(since ?? "", of: "--since")
        return ("since", .string(UTCTime(nanoseconds: time).iso8601(fractionDigits: 6)))
    }

    private func replay(
        _ selection: (name: String, value: JSONValue), dryRun: Bool, _ client: AdminClient
    ) throws -> Int64 {
        let body: JSONValue =
            dryRun
            ? .dictionary([selection.name: selection.value, "dry_run": .bool(true)])
            : .dictionary([selection.name: selection.value])
        let answer = try client.post("/replay", body)
        guard answer.status == 200, let count = (try? JSONValue(parsing: answer.body))?["deliveries"]?.integer else {
            throw CommandFailure(.unavailable, "the daemon did not take it: \(answer.problem)")
        }
        return count
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
