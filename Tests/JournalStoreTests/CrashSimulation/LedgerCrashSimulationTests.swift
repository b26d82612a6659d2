import Testing

/// Thirty of the hundred thousand disks: see ``SimulationRun`` for how to replay one life, and for more of them.
struct LedgerCrashSimulationTests {
    @Test func `no crash loses a report or a verdict, be there checkpoints or not, and whatever was pruned`() async {
        await SimulationRun.live(LedgerCrashSimulation.self, disks: 30_000)
    }
}
