import JournalStoreSimulation
import Ledger

/// Draws what happens by chance, from a seed.
typealias Dice = SplitMix64
