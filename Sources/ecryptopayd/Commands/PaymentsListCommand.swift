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
            let client = try options.client()
            if options.json {
                var list = try Self.gather(JSONList(), from: client, selection).output
                list.print()
            } else {
                let (list, count) = try Self.gather(PaymentTable(), from: client, selection)
                if !list.isEmpty { return list.print() }
                Console.error(count == 0 ? "there are no payments" : "none of the \(count) payments matches")
            }
        }
    }

    /// Gathers what is to be printed, and counts all payments. Nothing is printed before the whole list is there: half of
    /// one would be taken for all. And no more is kept than will be printed: there may be many.
    private static func gather<Output: PaymentListOutput>(
        _ output: Output, from client: Client, _ selection: PaymentSelection
    ) throws -> (output: Output, count: Int) {
        let gathered = Mutex(output)
        let progress = ProgressCount("payments")
        defer { progress.clear() }
        do {
            let count = try blocking {
                try await client.forEachPayment { payment in
                    progress.increment()
                    if selection.matches(payment) { gathered.withLock { $0.append(payment) } }
                }
            }
            return (gathered.withLock { $0 }, count)
        } catch let error as APIError { throw CommandFailure(error) }
    }
}

/// What `payments list` prints, gathered payment by payment.
private protocol PaymentListOutput: Sendable {
    mutating func append(_ payment: ConfirmedPayment)
}

/// One array, an element a line.
private struct JSONList: PaymentListOutput {
    private var text = Array("[".utf8)

    mutating func append(_ payment: ConfirmedPayment) {
        if text.count > 1 { text += ",\n".utf8 }
        text += payment.json
    }

    mutating func print() {
        text += "]".utf8
        Console.print(json: text)
    }
}

/// The table for people.
struct PaymentTable: PaymentListOutput {
    private var table = TextTable([
        ("ID", .right), ("STATE", .left), ("MXN", .right), ("CURRENCY", .left), ("UPDATED", .left),
    ])
    private(set) var isEmpty = true

    mutating func append(_ payment: ConfirmedPayment) {
        isEmpty = false
        table.append([
            "\(payment.id)", PaymentText.cell(payment.state), PaymentText.pesos(payment.amount),
            PaymentText.cell(payment.currency), PaymentText.time(payment.updatedAt ?? payment.createdAt),
        ])
    }

    /// The lines, each with its end.
    var text: String { table.text }

    func print() { Console.print(text, terminator: "") }
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
