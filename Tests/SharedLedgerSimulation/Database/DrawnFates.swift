import Ledger
import SharedLedger
import Synchronization

/// Draws what becomes of a server's calls from a seed.
package final class DrawnFates: Sendable {
    /// How things are.
    package struct Weather: Hashable, Sendable {
        /// Of 1000 calls, how many go wrong.
        package var faults: UInt64
        /// Of 1000 calls, how many take seconds.
        package var slow: UInt64
        /// Whether the server warns.
        package var warns: Bool

        package init(faults: UInt64, slow: UInt64, warns: Bool) {
            self.faults = faults
            self.slow = slow
            self.warns = warns
        }

        /// All is well.
        package static let calm = Weather(faults: 0, slow: 0, warns: false)
    }

    private static let second: Int64 = 1_000_000_000
    private static let millisecond: Int64 = 1_000_000

    private let dice: Mutex<SplitMix64>
    private let weather: @Sendable () -> Weather

    /// `weather` is asked at each call.
    package init(seed: UInt64, weather: @escaping @Sendable () -> Weather) {
        dice = Mutex(SplitMix64(seed: seed))
        self.weather = weather
    }

    /// What becomes of a call; for ``SimulatedDatabase/setFates(_:)``.
    package func fate(of call: DatabaseCall) -> Fate {
        let weather = weather()
        return dice.withLock { dice in
            var fate = Fate()
            fate.there = Self.delay(weather, &dice)
            fate.back = Self.delay(weather, &dice)
            if dice.next() % 1000 < weather.faults { fate.misfortune = Self.misfortune(of: call, weather, &dice) }
            return fate
        }
    }

    private static func delay(_ weather: Weather, _ dice: inout SplitMix64) -> Int64 {
        if dice.next() % 1000 < weather.slow { return Int64.random(in: 0...12 * second, using: &dice) }
        if dice.next() % 10 == 0 { return Int64.random(in: 0...100 * millisecond, using: &dice) }
        return Int64.random(in: 200_000...3 * millisecond, using: &dice)
    }

    private static func misfortune(
        of call: DatabaseCall, _ weather: Weather, _ dice: inout SplitMix64
    ) -> Fate.Misfortune {
        switch dice.next() % 12 {
        case 0: return .refused(.conflict)
        case 1: return .refused([.refused, .readOnly, .failed, .lockTimeout, .full].randomElement(using: &dice)!)
        case 2...4: return .lostBefore
        case 5...7: return .lostAfter
        case 8, 9: return .doneLater(Int64.random(in: 0...10 * second, using: &dice))
        default: return weather.warns && call.isDurable ? .warned : .lostAfter
        }
    }
}
