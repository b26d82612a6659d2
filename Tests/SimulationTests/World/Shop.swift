import JournalStoreSimulation
import Ledger
import SharedLedgerSimulation
import Synchronization

@testable import Delivery

/// The merchant's application: it answers as its mood is, and writes down each attempt.
final class Shop: Sendable {
    /// An attempt to deliver.
    struct Attempt {
        let endpoint: String
        let record: Int64
        let body: [UInt8]
        /// Who makes it, of all who ever decide.
        let life: Int
        let mood: ShopWeather.Mood
        let began: Int64
        /// When the shop has answered, or will be waited for no longer, whether anybody hears that or not.
        let arrives: Int64
        /// What is to be heard then.
        let answer: DeliveryOutcome
        /// When whoever made it has heard that, or has broken it off.
        var ended = Int64.max
        var outcome: DeliveryOutcome?

        /// Until when the shop has to do with it.
        var over: Int64 { min(ended, arrives) }

        /// Whether it was heard that the shop has it.
        var isAccepted: Bool { if case .accepted = outcome { true } else { false } }
    }

    /// How long a sender waits for an answer, in nanoseconds.
    static let longest: Int64 = 15_000_000_000

    /// What befalls a run of the program in the middle of an attempt.
    enum Mishap {
        case dies
        case standsStill(Int64)
    }

    private struct State {
        var attempts: [Attempt] = []
        var mishap: @Sendable (_ program: Int, Mishap, _ after: Int64) -> Void = { _, _, _ in }
        var dice: Dice
    }

    private let weather: ShopWeather
    private let clock: VirtualClock
    private let state: Mutex<State>

    init(_ weather: ShopWeather, _ clock: VirtualClock, seed: UInt64) {
        self.weather = weather
        self.clock = clock
        state = Mutex(State(dice: Dice(seed: seed)))
    }

    /// All that there was.
    var attempts: [Attempt] { state.withLock { $0.attempts } }

    /// Says what brings mishaps about.
    func onMishap(_ work: @escaping @Sendable (_ program: Int, Mishap, _ after: Int64) -> Void) {
        state.withLock { $0.mishap = work }
    }

    /// Takes down that an attempt begins; returns its number, and when its answer arrives.
    func begin(_ message: DeliveryMessage, to endpoint: String, life: Int, of program: Int) -> (
        attempt: Int, arrives: Int64
    ) {
        let began = clock.wall
        // The last part of the id is the record's number.
        let record = message.id.split(separator: "_").dropFirst(2).first.flatMap { Int64($0) } ?? 0
        let (attempt, time, mishap, bring) = state.withLock { state in
            let mood = weather.mood(endpoint, at: began, using: &state.dice)
            let (answer, time) = Self.answer(mood, using: &state.dice)
            state.attempts.append(
                Attempt(
                    endpoint: endpoint, record: record, body: message.body, life: life, mood: mood, began: began,
                    arrives: began + time, answer: answer))
            let mishap = weather.mishap(at: began, using: &state.dice).map {
                ($0, Int64.random(in: 0...time, using: &state.dice))
            }
            return (state.attempts.count - 1, time, mishap, state.mishap)
        }
        if let (mishap, after) = mishap { bring(program, mishap, after) }
        return (attempt, began + time)
    }

    private static func answer(_ mood: ShopWeather.Mood, using dice: inout Dice) -> (DeliveryOutcome, Int64) {
        let time = Int64.random(in: 2_000_000...500_000_000, using: &dice)
        return switch mood {
        case .well: (.accepted(status: 200), time)
        case .slow: (.accepted(status: 200), Int64.random(in: 1_000_000_000..<longest, using: &dice))
        case .silent: (.failed(DeliveryFailure(status: nil, error: "no answer")), longest)
        case .failing(let status): (.failed(DeliveryFailure(status: status, error: "HTTP \(status)")), time)
        case .gone: (.gone, time)
        }
    }

    /// Takes down that an attempt has ended for whoever made it; returns what came of it.
    func end(_ attempt: Int) -> DeliveryOutcome {
        let time = clock.wall
        return state.withLock { state in
            let outcome = time < state.attempts[attempt].arrives ? .released : state.attempts[attempt].answer
            state.attempts[attempt].ended = time
            state.attempts[attempt].outcome = outcome
            return outcome
        }
    }

    /// A line for each attempt, with its time.
    var story: [(time: Int64, text: String)] {
        attempts.map { attempt in
            let end = attempt.outcome.map { "\($0) at \(World.text(attempt.ended))" } ?? "not heard of"
            return (
                attempt.began,
                "attempt at \(attempt.endpoint) in life \(attempt.life), record \(attempt.record), \(attempt.mood): \(end)"
            )
        }
    }
}
