import Ledger
import JournalStoreSimulation

/// Draws what happens by chance, from a seed.
typealias Dice = SplitMix64
