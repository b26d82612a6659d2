import Glibc
import Testing
import TestSupport

struct ConfirmingSimulationTests {
    /// Set `CONFIRM_SIM_SEED` to live through one history only, which is told if it fails, and `CONFIRM_SIM_HISTORIES` for
    /// another number of them.
    @Test
    func `whatever the API, the disk and forgers do, the ledger ends with the truth, and says nothing else before`()
        async
    {
        // It computes for long: on a thread of its own it keeps none from other tests.
        await withTaskExecutorPreference(ClientExecutor()) { await simulate() }
    }

    @Test func `the same seed gives the same history`() async throws {
        try await withTaskExecutorPreference(ClientExecutor()) {
            for seed: UInt64 in [1, 37, 152] {
                var histories = [ConfirmingSimulation(seed: seed), ConfirmingSimulation(seed: seed)]
                for index in histories.indices { try histories[index].run() }
                #expect(histories[0].story == histories[1].story)
            }
        }
    }

    private func simulate() async {
        let only = variable("CONFIRM_SIM_SEED")
        let first = only ?? 1
        let count = only == nil ? variable("CONFIRM_SIM_HISTORIES") ?? 2000 : 1
        for seed in first..<first + count {
            var simulation = ConfirmingSimulation(seed: UInt64(seed))
            do { try simulation.run() } catch {
                if only != nil { print(simulation.story) }
                Issue.record("CONFIRM_SIM_SEED=\(seed) swift test --filter ConfirmingSimulationTests\n\(error)")
                return
            }
        }
    }

    private func variable(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }
}
