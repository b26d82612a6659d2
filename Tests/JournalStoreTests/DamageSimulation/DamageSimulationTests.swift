import Testing

/// See ``SimulationRun`` for how to replay one life, and for more of them.
struct DamageSimulationTests {
    @Test func `whatever becomes of a journal at rest is told, and nothing else is lost by what is done about it`()
        async
    {
        await SimulationRun.live(DamageSimulation.self, disks: 5000)
    }
}
