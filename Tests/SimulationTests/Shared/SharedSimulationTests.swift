import Glibc
import SharedLedgerSimulation
import Testing
import TestSupport

struct SharedSimulationTests {
    /// Set `SHARED_SIM_SEED` to live through one history only, which is told if it fails, and `SHARED_SIM_HISTORIES` for
    /// another number of them; `SHARED_SIM_FIRST` begins with another seed, and `SHARED_SIM_GOES_ON` goes on after a failure.
    @Test func `whatever becomes of two nodes and their server, they end with the truth, and both know it`() async {
        // It computes for long: on a thread of its own it keeps none from other tests.
        await withTaskExecutorPreference(ClientExecutor()) { await simulate() }
    }

    /// What was lived through before is in memory, and hash tables have their order from where they lie in it: nothing of that may show.
    /// In the last two of these histories who decides breaks off several calls at once. Set `SHARED_SIM_TWICE` to compare another number of
    /// them, from `SHARED_SIM_FIRST` on.
    @Test func `the same seed gives the same history of two nodes, whatever was lived through before`() async {
        await withTaskExecutorPreference(ClientExecutor()) {
            let count = variable("SHARED_SIM_TWICE")
            let first = variable("SHARED_SIM_FIRST") ?? 1
            let seeds = (count.map { Array(first..<first + $0) } ?? [1, 7, 58, 141]).map { UInt64($0) }
            let pictures = seeds.map { Picture(of: $0) }
            // Two calls keep their order by chance every other time.
            let times = count == nil ? 5 : 1
            for (seed, picture) in Array(repeating: zip(seeds, pictures), count: times).joined() {
                if let difference = Picture(of: seed).difference(from: picture) {
                    Issue.record("SHARED_SIM_SEED=\(seed): \(difference)")
                }
            }
        }
    }

    /// What became of a history.
    private struct Picture {
        let trace: UInt64
        let story: [Substring]
        let violation: String?

        init(of seed: UInt64) {
            let simulation = SharedSimulation(seed: seed)
            var violation: String?
            do { try simulation.run() } catch { violation = "\(error)" }
            self.violation = violation
            (trace, story) = (simulation.machine.trace, simulation.story.split(separator: "\n"))
        }

        /// What is not as in another; nil when all is.
        func difference(from other: Picture) -> String? {
            if let (line, its) = zip(story, other.story).first(where: { $0 != $1 }) { return "\(line) was \(its)" }
            guard story.count == other.story.count else { return "\(story.count) lines were \(other.story.count)" }
            guard violation == other.violation else { return "\(violation ?? "none") was \(other.violation ?? "none")" }
            return trace == other.trace ? nil : "something else has run, and nobody has seen it"
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
