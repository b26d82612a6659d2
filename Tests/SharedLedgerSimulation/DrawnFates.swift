import Payments
import SharedLedger
import Synchronization

/// Draws what becomes of a server's calls from a seed.
public final class DrawnFates: Sendable {
    /// How things are.
    public struct Weather: Hashable, Sendable {
        /// Of 1000 calls, how many go wrong.
        public var faults: UInt64
        /// Of 1000 calls, how many take seconds.
        public var slow: UInt64
        /// Whether the server warns, and lets what it warns of be seen.
        public var warns: Bool

        /// Sets all of them.
        public init(faults: UInt64, slow: UInt64, warns: Bool) {
            self.faults = faults
            self.slow = slow
            self.warns = warns
        }

        /// All is well.
        public static let calm = Weather(faults: 0, slow: 0, warns: false)
    }

    private static let second: Int64 = 1_000_000_000
    private static let millisecond: Int64 = 1_000_000

    private let dice: Mutex<SplitMix64>
    private let weather: @Sendable () -> Weather

    /// `weather` is asked at each call.
    public init(seed: UInt64, weather: @escaping @Sendable () -> Weather) {
        dice = Mutex(SplitMix64(seed: seed))
        self.weather = weather
    }

    /// What becomes of a call; for ``SimulatedDatabase/setFates(_:)``.
    public func fate(of call: DatabaseCall) -> Fate {
        let weather = weather()
        return dice.withLock { dice in
            var fate = Fate()
            fate.there = Self.delay(weather, &dice)
            fate.back = Self.delay(weather, &dice)
            if call.kind == .commit { fate.writing = Self.delay(weather, &dice) }
            fate.lingering = Int64.random(in: 0...2 * Self.second, using: &dice)
            if dice.next() % 8 == 0 { fate.limit = Int.random(in: 1...40, using: &dice) }
            if dice.next() % 4 == 0 { fate.failingOver = Self.delay(weather, &dice) }
            if dice.next() % 1000 < weather.faults { fate.misfortune = Self.misfortune(of: call, weather, &dice) }
            return fate
        }
    }

    private static func delay(_ weather: Weather, _ dice: inout SplitMix64) -> Int64 {
        if dice.next() % 1000 < weather.slow { return Int64.random(in: 0...15 * second, using: &dice) }
        if dice.next() % 10 == 0 { return Int64.random(in: 0...200 * millisecond, using: &dice) }
        return Int64.random(in: 200_000...3 * millisecond, using: &dice)
    }

    private static func misfortune(
        of call: DatabaseCall, _ weather: Weather, _ dice: inout SplitMix64
    ) -> Fate.Misfortune {
        if call.kind == .commit {
            switch dice.next() % 12 {
            case 0...2: return .refused(.conflict)
            case 3: return .refused([.full, .readOnly, .failed].randomElement(using: &dice)!)
            case 4: return .unsent
            case 5, 6: return .lostBefore
            case 7, 8: return .lostAfter
            case 9, 10: return weather.warns ? .doneLater(Int64.random(in: 0...12 * second, using: &dice)) : .lostAfter
            default: return weather.warns ? .warned : .lostBefore
            }
        }
        switch dice.next() % 8 {
        case 0...2: return .refused(.conflict)
        case 3: return .refused([.refused, .readOnly, .failed, .lockTimeout].randomElement(using: &dice)!)
        case 4, 5: return .lostBefore
        default: return .lostAfter
        }
    }
}
