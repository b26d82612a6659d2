import CivilTime
import JournalFormat
import JournalStore
import JournalStoreSimulation
import Ledger
import Payments

/// Holds what the journal says in the end against what really happened.
struct Judge {
    /// A report as the journal has it.
    struct Journaled {
        let report: World.Report
        /// When it was offered, among all that happened; it may have been offered in vain before.
        let tick: Int
        let time: Int64
        /// When it was written, as its record says.
        let written: Int64
        /// When it was durable.
        let committed: Int64
    }

    let world: World
    let options: LifeOptions
    let calm: Int64
    /// Reports by their records' numbers.
    var journaled: [Int64: Journaled] = [:]
    /// When the call began that settled a report, at the latest.
    var settledBy: [Int64: Int] = [:]
    /// What was last confirmed of each payment.
    private var known: [PaymentID: World.Answer] = [:]
    private var news: Set<[String]> = []
    /// Reports that were set aside.
    var aside: Set<Int64> = []
    /// Whether several programs wrote the records, one after the other or at the same time.
    private var isShared = false
    /// Which payments were confirmed, and when that was durable.
    private var confirmedIDs: [(time: Int64, id: PaymentID)] = []
    /// All that was confirmed.
    private(set) var confirmed: [World.Answer] = []

    init(_ world: World, _ options: LifeOptions, calm: Int64) {
        self.world = world
        self.options = options
        self.calm = calm
    }

    /// Judges one program's journal.
    mutating func judge(_ state: DiskState) throws {
        var entries: [Entry] = []
        let disk = SimulatedDisk(state, keepsCalls: false)
        if let fault = try JournalReader(disk).forEachLine({ entries.append($1) }) { throw Violation("\(fault)") }
        // Records are dated to the microsecond, cut off.
        for entry in entries { try judge(entry, by: entry.time + 999) }
        try judgeOffers()
        try judgeEnd()
        try Budget(world, options, confirmedAt: firstConfirmations(entries.map { ($0, $0.time) })).judge()
    }

    /// Judges what several programs wrote on a server; each record with the time at which it was committed, and by whom.
    mutating func judge(
        _ records: [(entry: Entry, committed: Int64, decider: Int?)], _ budget: (Budget) throws -> Void
    ) throws {
        isShared = true
        for (entry, committed, decider) in records { try judge(entry, by: committed, of: decider) }
        try judgeSharedOffers()
        try judgeEnd()
        try budget(Budget(world, options, confirmedAt: firstConfirmations(records.map { ($0.entry, $0.committed) })))
    }

    private func firstConfirmations(_ records: [(entry: Entry, time: Int64)]) -> [PaymentID: Int64] {
        var times: [PaymentID: Int64] = [:]
        for (entry, time) in records {
            if case .confirmed(let confirmed) = entry.record, times[confirmed.payment] == nil {
                times[confirmed.payment] = time
            }
        }
        return times
    }

    // MARK: Records

    private mutating func judge(_ entry: Entry, by time: Int64, of decider: Int? = nil) throws {
        switch entry.record {
        case .received(let received):
            guard let mark = Int(received.peer), world.reports[mark].id == received.payment else {
                throw Violation("record \(entry.seq) is a report that nobody posted")
            }
            // The last offer with that number that was taken: numbers that were lost are given again. Of several nodes' the first: it may
            // have been in the inbox for long.
            let offer =
                isShared
                ? world.offers.first { $0.report == mark }
                : world.offers.last { $0.report == mark && $0.position == entry.seq }
            journaled[entry.seq] = Journaled(
                report: world.reports[mark], tick: offer?.tick ?? 0, time: isShared ? offer?.time ?? time : entry.time,
                written: entry.time, committed: time)
        case .confirmed(let confirmed): try judge(confirmed, entry, by: time)
        case .refuted(let payment, let of, let reason):
            try judgeRefutation(payment, of, reason, entry, by: time, of: decider)
        case .abandoned(let abandoned):
            for seq in abandoned.of {
                guard let report = journaled[seq], entry.time + 999 - report.written >= options.window.nanoseconds
                else {
                    throw Violation("record \(entry.seq) abandons a report before its time")
                }
                aside.insert(seq)
            }
        default: break
        }
    }

    private mutating func judge(_ confirmed: Record.Confirmed, _ entry: Entry, by time: Int64) throws {
        guard let number = world.answerOfBytes[confirmed.current] else {
            throw Violation("record \(entry.seq) confirms what the API never said")
        }
        let answer = world.answers[number]
        guard answer.id == confirmed.payment, answer.given <= time else {
            throw Violation("record \(entry.seq) confirms what the API had not said of that payment")
        }
        if let before = known[answer.id] {
            guard answer.version.since >= before.version.since else {
                throw Violation("record \(entry.seq) takes payment \(answer.id) back to \(answer.version)")
            }
            guard confirmed.news == (answer.version.state != before.version.state) else {
                throw Violation("record \(entry.seq) says news \(confirmed.news) after \(before.version)")
            }
        } else if !confirmed.news, confirmed.cause != .baseline {
            throw Violation("record \(entry.seq) is the first of its payment, and no news")
        }
        let key = ["\(answer.id)", answer.version.state, "\(answer.version.since)"]
        if confirmed.news, !news.insert(key).inserted { throw Violation("record \(entry.seq) is news twice: \(key)") }
        known[answer.id] = answer
        self.confirmed.append(answer)
        confirmedIDs.append((time, answer.id))
        for seq in confirmed.of { try judgeSettlement(seq, answer, entry) }
    }

    private mutating func judgeSettlement(_ seq: Int64, _ answer: World.Answer, _ entry: Entry) throws {
        guard let report = journaled[seq]?.report, report.id == answer.id else {
            throw Violation("record \(entry.seq) settles \(seq), which is no report of its payment")
        }
        if report.contradicts(answer) || report.isAhead(of: answer) {
            throw Violation("record \(entry.seq) settles \(report), which says something else")
        }
        try settle(seq, by: world.calls[answer.call].beganTick, entry)
    }

    private mutating func settle(_ seq: Int64, by tick: Int, _ entry: Entry) throws {
        guard settledBy.updateValue(tick, forKey: seq) == nil else {
            throw Violation("record \(entry.seq) settles \(seq) again")
        }
    }

    // MARK: Refutations

    private mutating func judgeRefutation(
        _ payment: PaymentID, _ seq: Int64, _ reason: String, _ entry: Entry, by time: Int64, of decider: Int?
    ) throws {
        guard let report = journaled[seq], report.report.id == payment else {
            throw Violation("record \(entry.seq) refutes \(seq), which is no report of its payment")
        }
        // What the program could know: calls that began after the report came.
        let calls = world.calls.indices.filter {
            world.calls[$0].beganTick > report.tick && world.calls[$0].began <= time
        }
        let answers = world.answers.filter {
            $0.id == payment && $0.given <= time && world.calls[$0.call].beganTick > report.tick
        }
        var looks: [World.Call]
        var needed: (count: Int, seconds: Int64)
        switch reason {
        case "amount-mismatch", "currency-mismatch":
            looks = answers.filter { report.report.contradicts($0) }.map { world.calls[$0.call] }
            needed = (1, 0)
        case "state-never-reached":
            looks = answers.filter { report.report.isAhead(of: $0) }.map { world.calls[$0.call] }
            needed = Self.needed(RetrySchedule.lag)
        case "unreadable":
            guard world.unreadable.contains(seq) else {
                throw Violation("record \(entry.seq) says that \(seq) cannot be read, which can")
            }
            // Whatever the API says, it has to be asked.
            looks = answers.map { world.calls[$0.call] }
            looks += calls.map { world.calls[$0] }.filter { isAbsence(of: payment, $0, by: time) }
            needed = (1, 0)
        default:
            looks = calls.map { world.calls[$0] }.filter { isAbsence(of: payment, $0, by: time) }
            needed = Self.needed(RetrySchedule.absence)
            guard reason != "forbidden" || looks.contains(where: { $0.outcome == .forbidden }) else {
                throw Violation("record \(entry.seq) says forbidden, and the API did not")
            }
            guard hasAnswered(between: report.time, and: time) else {
                throw Violation("record \(entry.seq) refutes \(seq), though the API answered no call since it came")
            }
        }
        // A new start forgets the looks of the run before, and so does whoever decides anew. One who no longer does may still look.
        let life = decider ?? looks.map(\.life).max() ?? 0
        looks.removeAll { $0.life != life }
        guard looks.count >= needed.count, let first = looks.map(\.ended).min(), let last = looks.map(\.began).max(),
            needed.count == 1 || last - first >= needed.seconds * 1_000_000_000
        else {
            throw Violation("record \(entry.seq) refutes \(seq) (\(reason)) after \(looks.count) looks: \(report)")
        }
        try settle(seq, by: looks.map(\.beganTick).max() ?? 0, entry)
    }

    private func isAbsence(of id: PaymentID, _ call: World.Call, by time: Int64) -> Bool {
        guard call.ended <= time else { return false }
        switch call.subject {
        case .payment(let asked): return asked == id && (call.outcome == .absent || call.outcome == .forbidden)
        case .list:
            guard call.outcome == .answered, let first = call.shown.min(), let last = call.shown.max() else {
                return false
            }
            return first < id && id < last && !call.shown.contains(id)
        }
    }

    /// How many looks a schedule takes, and in how many seconds.
    private static func needed(_ schedule: [Duration]) -> (count: Int, seconds: Int64) {
        (schedule.count + 1, schedule.reduce(0) { $0 + $1.components.seconds })
    }

    private func hasAnswered(between start: Int64, and end: Int64) -> Bool {
        world.calls.contains { $0.outcome == .answered && (start...end).contains($0.ended) }
    }

    // MARK: The end

    /// Whoever was told 200 has been heard: his report, or the one that stands for it, was settled by a call that began after
    /// it came.
    private func judgeOffers() throws {
        for offer in world.offers where offer.acknowledgedAt != nil {
            let report = world.reports[offer.report]
            guard let seq = offer.position else {
                guard world.answers.contains(where: { $0.isSaid(by: report) && $0.given <= offer.time }) else {
                    throw Violation("\(report) was answered 200, though it says what nobody has said")
                }
                continue
            }
            guard let journaled = journaled[seq], journaled.report.id == report.id else {
                throw Violation("\(report) was answered 200, and record \(seq) is no report of its payment")
            }
            // Nothing that an answer settles at once stays aside when all is well.
            if settledBy[seq] == nil, aside.contains(seq), isOpen(journaled.report) { continue }
            if settledBy[seq] == nil, mayHaveYielded(report.id, since: offer.time) { continue }
            guard let tick = settledBy[seq] else {
                throw Violation("\(report) was answered 200, and record \(seq) is never settled")
            }
            guard tick > offer.tick else {
                throw Violation("\(report) came while a call was under way, and no other was made for it")
            }
        }
    }

    /// Whether the last truth leaves a report unknown at first.
    func isOpen(_ report: World.Report) -> Bool {
        guard let answer = world.answers.last(where: { $0.id == report.id }) else { return true }
        return report.isAhead(of: answer)
    }

    /// Whether the house may have been full, and the payment had never been confirmed when it was reported. If it is there, the end shows that
    /// it was found all the same.
    private func mayHaveYielded(_ id: PaymentID, since time: Int64) -> Bool {
        options.maxPending < 10 && !confirmedIDs.contains { $0.id == id && $0.time <= time }
    }

    private func judgeEnd() throws {
        for payment in world.payments {
            guard let truth = payment.version(at: calm) else { continue }
            guard known[payment.id]?.version.state == truth.state else {
                throw Violation("payment \(payment.id) is \(truth), known is \(known[payment.id] as Any)")
            }
        }
    }
}

extension World.Report {
    /// Whether an answer speaks of another amount or currency.
    fileprivate func contradicts(_ answer: World.Answer) -> Bool {
        if let amount, amount.withoutTrailingZeros != answer.amount.withoutTrailingZeros { return true }
        return currency.map { $0.lowercased() != answer.currency } ?? false
    }

    /// Whether it tells of a later state than an answer.
    fileprivate func isAhead(of answer: World.Answer) -> Bool {
        guard !contradicts(answer), state != answer.version.state, let updatedAt else { return false }
        return updatedAt > answer.version.since
    }
}

extension World.Answer {
    func isSaid(by report: World.Report) -> Bool {
        report.id == id && report.state == version.state && report.updatedAt == version.since && report.amount != nil
            && report.currency != nil && !report.contradicts(self)
    }
}

extension String {
    var withoutTrailingZeros: Substring {
        var text = self[...]
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }
}
