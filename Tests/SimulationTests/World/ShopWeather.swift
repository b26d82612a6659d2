import JournalStoreSimulation
import Ledger

/// When the shop does not take what it is sent, and how.
struct ShopWeather {
    enum Mood: Hashable {
        case well
        /// It answers well, and late.
        case slow
        /// It does not answer.
        case silent
        case failing(Int)
        /// It wants nothing more.
        case gone
    }

    private struct Spell {
        let times: Range<Int64>
        /// The endpoint that is hit, or all.
        let endpoint: String?
        let mood: Mood
    }

    private var spells: [Spell] = []
    private let calm: Int64
    private let isRough: Bool

    /// Spells between two times on the wall clock; from the second on all is well. Few are so long that the third attempt
    /// fails too, since the next comes half an hour later.
    init(from start: Int64, calmFrom calm: Int64, endpoints: [String], using dice: inout Dice) {
        self.calm = calm
        isRough = dice.next() % 2 == 0
        for _ in 0..<dice.next() % 4 {
            let begin = Int64.random(in: start..<calm, using: &dice)
            let longest: Int64 = [10, 60, 240, 240, 1200].randomElement(using: &dice)!
            let length = Int64.random(in: 1...longest, using: &dice)
            let endpoint = dice.next() % 2 == 0 ? nil : endpoints.randomElement(using: &dice)
            spells.append(
                Spell(
                    times: begin..<begin + length * 1_000_000_000, endpoint: endpoint, mood: Self.mood(using: &dice)))
        }
    }

    /// What hits an attempt at a time.
    func mood(_ endpoint: String, at time: Int64, using dice: inout Dice) -> Mood {
        if time >= calm { return .well }
        for spell in spells where spell.times.contains(time) && spell.endpoint ?? endpoint == endpoint {
            if dice.next() % 8 != 0 { return spell.mood }
        }
        return dice.next() % (isRough ? 2 : 12) == 0 ? Self.mood(using: &dice) : .well
    }

    /// What befalls whoever makes an attempt at a time.
    func mishap(at time: Int64, using dice: inout Dice) -> Shop.Mishap? {
        guard time < calm, dice.next() % 12 == 0 else { return nil }
        if dice.next() % 2 == 0 { return .dies }
        return .standsStill(min(calm - time, Int64.random(in: 0...3 * History.minute, using: &dice)))
    }

    private static func mood(using dice: inout Dice) -> Mood {
        switch dice.next() % 10 {
        case 0...3: .slow
        case 4, 5: .silent
        case 6: dice.next() % 3 == 0 ? .gone : .failing(503)
        default: .failing([302, 400, 404, 500, 502, 503].randomElement(using: &dice)!)
        }
    }
}
