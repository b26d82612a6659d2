import Testing

@testable import ServiceManager

@Suite struct WatchdogPolicyTests {
    @Test func `the watchdog is pinged while all is well, and nothing is logged`() {
        var policy = WatchdogPolicy()
        for _ in 1...3 { #expect(policy.decide(stalledNow: []) == .init(pings: true, stalled: [], recovered: [])) }
    }

    @Test func `one stalled probe withholds every ping, and is told once`() {
        var policy = WatchdogPolicy()
        #expect(policy.decide(stalledNow: ["journal"]) == .init(pings: false, stalled: ["journal"], recovered: []))
        #expect(policy.decide(stalledNow: ["journal"]) == .init(pings: false, stalled: [], recovered: []))
        #expect(
            policy.decide(stalledNow: ["loop", "journal"]) == .init(pings: false, stalled: ["loop"], recovered: []))
        #expect(policy.decide(stalledNow: ["loop"]) == .init(pings: false, stalled: [], recovered: ["journal"]))
        #expect(policy.decide(stalledNow: []) == .init(pings: true, stalled: [], recovered: ["loop"]))
        #expect(policy.decide(stalledNow: ["loop"]) == .init(pings: false, stalled: ["loop"], recovered: []))
    }
}
