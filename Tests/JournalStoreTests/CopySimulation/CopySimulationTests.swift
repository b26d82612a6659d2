import Testing

/// See ``SimulationRun`` for how to replay one life, and for more of them.
struct CopySimulationTests {
    @Test func `every copy and snapshot starts, lacks nothing from before it, and gives no number out again`() async {
        await SimulationRun.live(CopySimulation.self, disks: 3000)
    }
}
