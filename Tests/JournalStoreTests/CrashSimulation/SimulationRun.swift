import Glibc
import TestSupport
import Testing

/// Lives through a simulation with one seed after the other, until enough disks were recovered from.
///
/// Set `JOURNAL_SIM_SEED` to live through one seed only, and `JOURNAL_SIM_STATES` to recover from so many disks.
enum SimulationRun {
    static func live<Simulated: SeededLife>(_ type: Simulated.Type, disks: Int) async {
        // It computes for long: on a queue of its own it keeps no thread from other tests.
        await withTaskExecutorPreference(ClientExecutor()) { await simulate(type, disks: disks) }
    }

    private static func simulate<Simulated: SeededLife>(_ type: Simulated.Type, disks: Int) async {
        let only = variable("JOURNAL_SIM_SEED")
        let wanted = only == nil ? variable("JOURNAL_SIM_STATES") ?? disks : 1
        var states = 0
        var seed = only ?? 1
        while states < wanted {
            var simulation = Simulated(seed: UInt64(seed))
            do { try simulation.run() } catch {
                Issue.record(
                    """
                    JOURNAL_SIM_SEED=\(seed) swift test --filter \(type)Tests
                    (after \(states + simulation.states) disks, \(simulation.states) of this seed) \(error)
                    """)
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
