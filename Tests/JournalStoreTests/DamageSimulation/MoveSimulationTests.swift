import Testing

/// See ``SimulationRun`` for how to replay one life, and for more of them.
struct MoveSimulationTests {
    @Test func `whatever is moved under a running ledger ends it, and nothing that it acknowledged is lost`() async {
        await SimulationRun.live(MoveSimulation.self, disks: 60)
    }
}
