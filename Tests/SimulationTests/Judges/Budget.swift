import JournalStoreSimulation
import Ledger
import Payments

/// Holds the calls of the API against what the program may ask of it.
struct Budget {
    private let world: World
    private let options: LifeOptions
    private let confirmedAt: [PaymentID: Int64]

    /// `confirmedAt` says when each payment was first confirmed.
    init(_ world: World, _ options: LifeOptions, confirmedAt: [PaymentID: Int64]) {
        self.world = world
        self.options = options
        self.confirmedAt = confirmedAt
    }

    func judge() throws {
        for (_, calls) in Dictionary(grouping: world.calls, by: \.life).sorted(by: { $0.key < $1.key }) {
            try judgeConcurrency(calls)
            try judgePauses(calls)
            try judgeRate(calls.filter { !isConfirmedBefore($0) }, "never confirmed")
            try judgeRate(calls.filter { isConfirmedBefore($0) }, "confirmed before")
            try judgeListings(calls.filter { $0.subject == .list })
        }
    }

    /// Judges calls of several who decide one after the other, each by himself. What was committed is known to him only a while later.
    func judgeShared() throws {
        let burst = options.rate * 30
        for (_, calls) in Dictionary(grouping: world.calls, by: \.life).sorted(by: { $0.key < $1.key }) {
            try judgeConcurrency(calls)
            try judgePauses(calls)
            try judgeRate(calls.filter { !isConfirmedBefore($0) }, "never confirmed", burst: burst)
            try judgeRate(calls.filter { isConfirmedBefore($0) }, "confirmed before", burst: burst)
        }
    }

    private func judgeConcurrency(_ calls: [World.Call]) throws {
        var others: [World.Call] = []
        for call in calls {
            defer { others.append(call) }
            others.removeAll { $0.ended <= call.began }
            if others.contains(where: { $0.subject == call.subject }) {
                throw Violation("two calls at once for \(call.subject)")
            }
            if call.subject == .list { continue }
            let count = others.count { $0.subject != .list && !$0.isManual }
            if count >= options.concurrency, !call.isManual { throw Violation("\(count + 1) calls at once") }
        }
    }

    private func judgePauses(_ calls: [World.Call]) throws {
        for pausing in calls {
            guard let pause = pausing.retryAfter.map({ min($0, 900_000_000_000) }) else { continue }
            let during = pausing.ended + 1..<pausing.ended + pause
            if let call = calls.first(where: { during.contains($0.began) && !$0.isManual }) {
                throw Violation("\(call) began in the pause that was asked for at \(pausing.ended)")
            }
        }
    }

    /// A leaky bucket that holds ten seconds' worth, and begins empty with each run of the program.
    private func judgeRate(_ calls: [World.Call], _ what: String, burst: Int? = nil) throws {
        let burst = burst ?? options.rate * 10
        var level = 0.0
        var last = calls.first?.began ?? 0
        for call in calls where call.subject != .list && !call.isManual {
            level = max(0, level - Double(call.began - last) / 1e9 * Double(options.rate)) + 1
            last = call.began
            if level > Double(burst) + 0.001 {
                throw Violation("too many calls for payments \(what): \(level) beyond the rate")
            }
        }
    }

    private func judgeListings(_ calls: [World.Call]) throws {
        for (call, next) in zip(calls, calls.dropFirst()) where call.life == next.life {
            let between = next.began - call.began
            if world.requests.contains(where: { call.began...next.began ~= $0 }) { continue }
            // One that failed, or that could not be written, is repeated with a backoff that begins with a second.
            if world.livesWithFaultyDisk.contains(call.life) { continue }
            if call.outcome != .answered || between >= options.interval.nanoseconds { continue }
            guard between >= 5_000_000_000, between >= (call.ended - call.began) * 10 else {
                throw Violation(
                    "a listing \(between) ns after the beginning of one that took \(call.ended - call.began)")
            }
        }
    }

    private func isConfirmedBefore(_ call: World.Call) -> Bool {
        guard case .payment(let id) = call.subject, let time = confirmedAt[id] else { return false }
        return time < call.began
    }
}
