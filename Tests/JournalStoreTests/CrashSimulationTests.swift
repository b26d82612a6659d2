import Glibc
import TestSupport
import Testing

/// Set `JOURNAL_SIM_SEED` to live through one seed only, and `JOURNAL_SIM_STATES` to recover from so many disks.
struct CrashSimulationTests {
    @Test func `no cut of the power at any call loses, doubles or alters an acknowledged record`() async {
        // It computes for long: on a queue of its own it keeps no thread from other tests.
        await withTaskExecutorPreference(ClientExecutor()) { await simulate() }
    }

    private func simulate() async {
        let only = Self.variable("JOURNAL_SIM_SEED")
        let wanted = only == nil ? Self.variable("JOURNAL_SIM_STATES") ?? 100_000 : 1
        var states = 0
        var seed = only ?? 1
        while states < wanted {
            var simulation = CrashSimulation(seed: UInt64(seed))
            do { try simulation.run() } catch {
                Issue.record("JOURNAL_SIM_SEED=\(seed), after \(simulation.states) states: \(error)")
                return
            }
            states += simulation.states
            seed += 1
        }
    }

    private static func variable(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }
}
