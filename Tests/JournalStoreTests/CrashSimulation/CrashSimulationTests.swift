import Testing

/// Seventy of the hundred thousand disks: see ``SimulationRun`` for how to replay one life, and for more of them.
struct CrashSimulationTests {
    @Test func `no cut of the power at any call loses, doubles or alters an acknowledged record`() async {
        await SimulationRun.live(CrashSimulation.self, disks: 70_000)
    }
}
