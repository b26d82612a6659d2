import Ledger
import Payments
import PaymentSamples
import Testing
import TestSupport

/// Random histories beside a model that is a handful of rules.
struct ReportOrderTests {
    @Test func `in any order, twice, hours late or of a state long left, reports end in the ledger they make in order`()
        async throws
    {
        // It computes for seconds: on a thread of its own it keeps none from other tests.
        try await withTaskExecutorPreference(ClientExecutor()) { try await tell() }
    }

    private func tell() async throws {
        for seed: UInt64 in 1...2000 {
            var dice = SplitMix64(seed: seed)
            let model = ReportModel(using: &dice)
            let inOrder = model.reports.sorted { $0.second < $1.second }.map { (at: $0.second + 1, report: $0) }
            let anyhow = model.reports.flatMap { report in
                (0..<Int.random(in: 1...3, using: &dice)).map { _ in
                    let latest = [2, 30, 3 * 3600].randomElement(using: &dice)!
                    return (at: report.second + Int.random(in: 0...latest, using: &dice), report: report)
                }
            }
            for offers in [inOrder, anyhow.sorted { $0.at < $1.at }] {
                let history = ReportHistory(model, SplitMix64(seed: dice.next()))
                try history.live(offers)
                let fault = try history.fault()
                #expect(fault == nil, "seed \(seed)")
                if fault != nil { return }
            }
        }
    }
}

/// What is true of some payments, and what is said of them. The time is in seconds.
private struct ReportModel {
    struct Report: Hashable {
        let id: PaymentID
        let state: String
        let amount: String
        let currency: String
        let updatedAt: Int?
        /// When it can first be sent.
        let second: Int
    }

    /// Each payment's states with the times from which they are true.
    private(set) var states: [PaymentID: [(state: String, second: Int)]] = [:]
    private(set) var reports: [Report] = []

    init(using dice: inout SplitMix64) {
        for id in PaymentID(1)...PaymentID.random(in: 1...4, using: &dice) {
            var second = 0
            states[id * 10] = (0...Int.random(in: 0...4, using: &dice)).map { number in
                second += Int.random(in: 1...2000, using: &dice)
                return ("s\(number)", second)
            }
        }
        for (id, versions) in states.sorted(by: { $0.key < $1.key }) {
            for version in versions {
                // Beside an API that lags, a report without a time tells of nothing later than what the API shows.
                let isDated = dice.next() % 5 != 0 || version == versions.last!
                add(id, version.state, updatedAt: isDated ? version.second : nil, at: version.second)
            }
            for _ in 0..<dice.next() % 3 { addForgery(id, after: versions[0].second, using: &dice) }
        }
    }

    private mutating func add(
        _ id: PaymentID, _ state: String, amount: String = "150.0", currency: String = "btc", updatedAt: Int?,
        at second: Int
    ) {
        reports.append(
            Report(id: id, state: state, amount: amount, currency: currency, updatedAt: updatedAt, second: second))
    }

    private mutating func addForgery(_ id: PaymentID, after start: Int, using dice: inout SplitMix64) {
        let second = start + Int.random(in: 0...8000, using: &dice)
        switch dice.next() % 5 {
        case 0: add(id, "s9", amount: "150.01", updatedAt: second, at: second)
        case 1: add(id, "s9", currency: "ltc", updatedAt: nil, at: second)
        case 2: add(id, "s9", updatedAt: 1_000_000, at: second)
        case 3: add(id, "s9", updatedAt: 0, at: second)
        default: add(id + PaymentID.random(in: 1...9, using: &dice), "s1", updatedAt: second, at: second)
        }
    }

    /// How a payment is at a time; nil before there is one.
    func version(_ id: PaymentID, at second: Int) -> (state: String, second: Int)? {
        states[id]?.last { $0.second <= second }
    }

    /// What must become of a report, whenever it comes.
    func verdict(_ report: Report) -> String {
        guard let versions = states[report.id] else { return "not-found" }
        if report.amount != "150.0" { return "amount-mismatch" }
        if report.currency != "btc" { return "currency-mismatch" }
        let isGenuine = versions.contains { $0.state == report.state }
        return isGenuine || (report.updatedAt ?? 0) == 0 ? "settled" : "state-never-reached"
    }
}

/// A ledger to which reports come, beside an API that is late, lags and fails, but not for ever.
private final class ReportHistory {
    private let model: ReportModel
    private let ledger = LedgerHarness()
    private var dice: SplitMix64
    private var underWay: [(claim: Claim, ends: Instant, answer: Answer)] = []
    private var reportOf: [Int64: ReportModel.Report] = [:]

    init(_ model: ReportModel, _ dice: SplitMix64) {
        self.model = model
        self.dice = dice
        ledger.state.completedBaseline()
    }

    private var second: Int { Int(ledger.now.nanoseconds / 1_000_000_000) }

    /// Takes the reports at their times, and goes on until nothing waits.
    func live(_ offers: [(at: Int, report: ReportModel.Report)]) throws {
        var offers = offers[...]
        // Longer than any schedule: a state is given up after 13 minutes, and a call backs off for minutes.
        let end = (offers.last?.at ?? 0) + 4 * 3600
        while second < end {
            while let offer = offers.first, offer.at <= second {
                offers.removeFirst()
                if ledger.offer(try text(offer.report)) == .journal { reportOf[ledger.seq] = offer.report }
            }
            try work()
            if offers.isEmpty, ledger.state.counts.pending == 0, underWay.isEmpty { break }
            pass(until: offers.first?.at)
        }
    }

    /// Ends calls and begins others.
    private func work() throws {
        for call in underWay where call.ends <= ledger.now { ledger.settle(call.claim, call.answer) }
        underWay.removeAll { $0.ends <= ledger.now }
        while let claim = ledger.claim() {
            let ends = ledger.now + .milliseconds(Int.random(in: 1...8000, using: &dice))
            underWay.append((claim, ends, try answer(claim.id)))
        }
        // Else a forged id alone would wait for an answer about another payment for ever.
        if dice.next() % 2 == 0 { ledger.answerAnother() }
    }

    private func answer(_ id: PaymentID) throws -> Answer {
        if dice.next() % 8 == 0 { return .failed("503") }
        let lag = dice.next() % 4 == 0 ? Int.random(in: 0...60, using: &dice) : 0
        guard let version = model.version(id, at: second - lag) else { return .notFound }
        return .payment(try payment(id: id, state: version.state, updatedAt: time(version.second)))
    }

    /// Lets time pass until something happens.
    private func pass(until offer: Int?) {
        var times = underWay.map(\.ends)
        if let offer { times.append(Instant(nanoseconds: Int64(offer) * 1_000_000_000)) }
        if let due = ledger.state.nextDue() { times.append(due) }
        ledger.now = max(times.min() ?? ledger.now, ledger.now + .milliseconds(100))
    }

    private func text(_ said: ReportModel.Report) throws -> ReportedPayment {
        let updatedAt = said.updatedAt.map { #","updated_at":"\#(time($0))""# } ?? ""
        return try report(
            #"{"id":\#(said.id),"state":"\#(said.state)","amount":"\#(said.amount)","currency":"\#(said.currency)"\#(updatedAt)}"#
        )
    }

    /// What differs from the model; nil when nothing does.
    func fault() throws -> String? {
        for (seq, report) in reportOf.sorted(by: { $0.key < $1.key }) {
            let verdict = ledger.verdicts[seq]
            if verdict != model.verdict(report) { return "\(report): \(verdict ?? "no verdict")" }
        }
        if let hold = ledger.state.pruningHold { return hold.reason }
        if ledger.state.counts.known != model.states.count { return "known are \(ledger.state.counts.known)" }
        for (id, versions) in model.states.sorted(by: { $0.key < $1.key }) {
            // What the ledger knows shows in which report tells it nothing.
            for (number, version) in versions.enumerated() {
                let report = try report(id: id, state: version.state, updatedAt: time(version.second))
                let isLast = number == versions.count - 1
                if (ledger.state.admit(report.summary.admitted) == .known) != isLast {
                    return "payment \(id) is \(versions.last!), and \(version) is known: \(!isLast)"
                }
            }
        }
        return nil
    }
}
