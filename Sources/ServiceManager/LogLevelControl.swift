package import Logging
import Synchronization

/// The level of all loggers, which a reload can change.
package final class LogLevelControl: Sendable {
    private let number: Atomic<Int>

    /// Starts with a level.
    package init(_ level: Logger.Level) { number = Atomic(Self.number(of: level)) }

    /// The level now.
    package var level: Logger.Level {
        get { Logger.Level.allCases[number.load(ordering: .relaxed)] }
        set { number.store(Self.number(of: newValue), ordering: .relaxed) }
    }

    private static func number(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}
