@testable import JournalStoreTests

/// Draws what happens by chance, from a seed.
typealias Dice = JournalStoreTests.SplitMix64
