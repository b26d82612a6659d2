import ArgumentParser
import CivilTime
import ECryptoPay
import Payments
import Synchronization

/// `ecryptopayd payments list`: all payments of the account.
struct PaymentsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the account's payments.",
        discussion: """
            The API knows no pages and no selection: it gives all payments, and the selection is made here. Times are UTC. \
            --json prints an array of what the API gave, an element a line; its elements have no QR image.
            """)

    @Option(help: ArgumentHelp("Only payments in this state; may be repeated.", valueName: "state"))
    var state: [String] = []
    @Option(
        help: ArgumentHelp(
            "Only payments changed since then: a time such as 2026-11-22T18:00:00Z, or a duration such as 24h.",
            valueName: "time"))
    var since: String?
    @OptionGroup var options: PaymentsOptions

    func run() throws {
        try reportingFailure {
            let selection = PaymentSelection(
                states: Set(state), since: try since.map { try RecordFilter.time($0, of: "--since") } ?? .min)
            let (chosen, count) = try Self.payments(try options.client(), selection)
            if options.json { return Self.printJSON(chosen) }
            if !chosen.isEmpty { return Self.printTable(chosen) }
            Console.error(count == 0 ? "there are no payments" : "none of the \(count) payments matches")
        }
    }

    /// The payments chosen, and how many there are in all. Nothing is printed before the whole list is there: half of one
    /// would be taken for all.
    private static func payments(
        _ client: Client, _ selection: PaymentSelection
    ) throws -> (chosen: [ConfirmedPayment], count: Int) {
        let chosen = Mutex<[ConfirmedPayment]>([])
        let progress = ProgressCount("payments")
        defer { progress.clear() }
        do {
            let count = try blocking {
                try await client.forEachPayment { payment in
                    progress.increment()
                    if selection.matches(payment) { chosen.withLock { $0.append(payment) } }
                }
            }
            return (chosen.withLock { $0 }, count)
        } catch let error as APIError { throw CommandFailure(error) }
    }

    /// One array, an element a line.
    private static func printJSON(_ payments: [ConfirmedPayment]) {
        if payments.isEmpty { return Console.print(json: Array("[]".utf8)) }
        for (index, payment) in payments.enumerated() {
            Console.print(
                json: Array((index == 0 ? "[" : "").utf8) + payment.json
                    + Array((index == payments.count - 1 ? "]" : ",").utf8))
        }
    }

    private static func printTable(_ payments: [ConfirmedPayment]) {
        var table = TextTable([
            ("ID", .right), ("STATE", .left), ("MXN", .right), ("CURRENCY", .left), ("UPDATED", .left),
        ])
        for payment in payments {
            table.append([
                "\(payment.id)", PaymentText.cell(payment.state), PaymentText.pesos(payment.amount),
                PaymentText.cell(payment.currency), PaymentText.time(payment.updatedAt ?? payment.createdAt),
            ])
        }
        for line in table.lines { Console.print(line) }
    }
}

/// Which payments a person wants to see.
struct PaymentSelection: Sendable {
    let states: Set<String>
    /// Nanoseconds since 1970.
    let since: Int64

    /// A payment without a time that can be read is shown whatever the time: it may be the one that is looked for.
    func matches(_ payment: ConfirmedPayment) -> Bool {
        let time = payment.updatedAt ?? payment.createdAt
        return (states.isEmpty || states.contains(payment.state)) && (time?.nanoseconds ?? .max) >= since
    }
}
