import Glibc
import SharedLedgerSimulation
import TestSupport
import Testing

struct SharedSimulationTests {
    /// Set `SHARED_SIM_SEED` to live through one history only, which is told if it fails, and `SHARED_SIM_HISTORIES` for
    /// another number of them; `SHARED_SIM_FIRST` begins with another seed, and `SHARED_SIM_GOES_ON` goes on after a failure.
    @Test func `whatever becomes of two nodes and their server, they end with the truth, and both know it`() async {
        // It computes for long: on a thread of its own it keeps none from other tests.
        await withTaskExecutorPreference(ClientExecutor()) { await simulate() }
    }

    @Test func `the same seed gives the same history of two nodes`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            for seed: UInt64 in [1, 7] {
                let histories = [SharedSimulation(seed: seed), SharedSimulation(seed: seed)]
                for history in histories { try history.run() }
                #expect(histories[0].story == histories[1].story)
            }
        }
    }

    private func simulate() async {
        let only = variable("SHARED_SIM_SEED")
        let first = only ?? variable("SHARED_SIM_FIRST") ?? 1
        let count = only == nil ? variable("SHARED_SIM_HISTORIES") ?? 150 : 1
        for seed in first..<first + count {
            let simulation = SharedSimulation(
                seed: UInt64(seed),
                mutation: variable("SHARED_SIM_MUTATION").flatMap { SimulatedDatabase.Mutation(rawValue: $0) })
            if variable("SHARED_SIM_GOES_ON") != nil { print(seed, terminator: " "); fflush(nil) }
            do { try simulation.run() } catch {
                if variable("SHARED_SIM_GOES_ON") != nil { print("SHARED_SIM_SEED=\(seed)\n\(error)") }
                if only != nil { print(simulation.story) }
                Issue.record("SHARED_SIM_SEED=\(seed) swift test --filter SharedSimulationTests\n\(error)")
                if variable("SHARED_SIM_GOES_ON") == nil { return }
            }
        }
    }

    private func variable(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }
}
