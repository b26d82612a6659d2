import ECryptoPay
import JournalFormat
import Ledger
import LedgerDoubles
import Logging
import Payments
import POSIX
import Runtime
import Synchronization
import Testing
import TestSupport

@testable import Confirming

/// The reconciler on a real journal, with an API that does as it is told.
struct ReconcilerTests {
    private let home = LedgerHome()
    private let api: ScriptedPayments
    private let log = LineLog()

    init() throws {
        api = ScriptedPayments { ScriptedPayments.paid($0) }
    }

    private func ledger(_ form: LedgerBackend, window: Duration = .seconds(3600), rate: Int = 1000) async throws
        -> any TestLedger
    {
        try await home.open(form, .init(window: window, rate: rate))
    }

    private func reconciler(_ ledger: any TestLedger, interval: Duration = .zero) -> Reconciler {
        let logger = Logger(label: "test") { [log] _ in log.handler }
        return Reconciler(
            ledger: ledger, api: api, health: APIHealth(logger: logger), interval: interval, logger: logger)
    }

    private func records(_ kind: String) throws -> [Record] { try home.records(kind) }

    private func causes() throws -> [PaymentID: [String]] {
        var causes: [PaymentID: [String]] = [:]
        for case .confirmed(let confirmed) in try records("confirmed") {
            causes[confirmed.payment, default: []].append("\(confirmed.cause.rawValue)\(confirmed.news ? " news" : "")")
        }
        return causes
    }

    private func report(_ id: PaymentID, state: String = "paid") throws -> ReportedPayment {
        try ReportedPayment(body: ScriptedPayments.paid(id, state: state).json.span)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `the baseline is taken, and then what no webhook told is found`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        api.list.withLock { $0 = (1...1000).map { ScriptedPayments.paid($0, state: "open") } }
        let reconciler = reconciler(ledger)
        await reconciler.start()
        try await eventually("the baseline") { ledger.hasBaseline }
        #expect(try records("baseline") == [.baseline(count: 1000)])
        #expect(ledger.counts.known == 1000)
        try await eventually("its end") { reconciler.lastReconciledAt != nil }
        api.list.withLock { $0?[6] = ScriptedPayments.paid(7) }
        try await eventually("a request is taken") { await reconciler.reconcile() }
        try await eventually("the news") { ledger.counts.unannounced == 1 }
        #expect(try causes()[7] == ["baseline", "reconcile news"])
        await reconciler.stop()
        ledger.close()
        #expect(log.lines.contains { $0.contains("no webhook came for payment 7 (→ paid, 150 MXN in btc)") })
        #expect(try causes().count == 1000)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a listing that fails is repeated until the baseline is there, at interval 0 too`(_ form: LedgerBackend)
        async throws
    {
        let ledger = try await ledger(form)
        let reconciler = reconciler(ledger)
        await reconciler.start()
        try await eventually("a failure") { log.lines.contains { $0.contains("failed") } }
        api.list.withLock { $0 = [ScriptedPayments.paid(1)] }
        try await eventually("the baseline") { ledger.hasBaseline }
        await reconciler.stop()
        ledger.close()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a list beyond its bounds names the key`(_ form: LedgerBackend) async throws {
        for (kind, key) in [
            (APIError.Kind.tooLarge(limit: 4096), "ECRYPTOPAY_LIST_MAX_BYTES=4096"),
            (.timeout, "ECRYPTOPAY_LIST_TIMEOUT"),
        ] {
            let ledger = try await ledger(form)
            api.listFault.withLock { $0 = kind }
            let reconciler = reconciler(ledger)
            await reconciler.start()
            try await eventually("\(key)") { log.lines.contains { $0.contains(key) } }
            await reconciler.stop()
            ledger.close()
        }
    }

    @Test(arguments: LedgerBackend.allCases)
    func `what the API asks to wait when it is listed holds all calls back`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        api.listFault.withLock { $0 = .status(429) }
        api.listRetryAfter.withLock { $0 = .seconds(600) }
        let began = Instant(nanoseconds: Clock.monotonic())
        let reconciler = reconciler(ledger)
        await reconciler.start()
        try await eventually("the pause") { ledger.pausedUntil >= began + .seconds(600) }
        await reconciler.stop()
        ledger.close()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a list that lacks a known payment is said, and changes nothing`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        api.list.withLock { $0 = (1...5).map { ScriptedPayments.paid($0) } }
        let reconciler = reconciler(ledger)
        await reconciler.start()
        try await eventually("the baseline") { ledger.hasBaseline }
        api.list.withLock { $0 = [1, 5].map { ScriptedPayments.paid($0) } }
        try await eventually("a request is taken") { await reconciler.reconcile() }
        try await eventually("the warning") { log.lines.contains { $0.contains("lacks 3") && $0.contains("2, 3, 4") } }
        #expect(ledger.counts.known == 5)
        await reconciler.stop()
        ledger.close()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a flood is answered by listings, the genuine among the forged`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form, rate: 1)
        api.list.withLock { $0 = [ScriptedPayments.paid(1), ScriptedPayments.paid(100_000, state: "open")] }
        let reconciler = reconciler(ledger)
        await reconciler.start()
        try await eventually("the baseline") { ledger.hasBaseline }
        for id in 2...200 as ClosedRange<PaymentID> { _ = ledger.record(try report(id), peer: "forger") }
        _ = ledger.record(try report(100_000), peer: "ecryptopay")
        api.list.withLock { $0?[1] = ScriptedPayments.paid(100_000) }
        // Nobody fetches: only a listing can confirm it.
        try await eventually("the confirmation", within: .seconds(60)) {
            try causes()[100_000]?.contains("webhook news") == true
        }
        await reconciler.stop()
        ledger.close()
        #expect(api.log.asked.isEmpty)
    }

    @Test func `it looks when a flood is told of, be it by a commit or not, and no more once it has seen that`()
        async throws
    {
        let ledger = HeldLedger()
        // Nothing begins, and no timer fires, before this test has ended.
        ledger.quietUntil.withLock { $0 = Instant(nanoseconds: Clock.monotonic()) + .seconds(3600) }
        let scheduler = CountingScheduler(holdsJobs: true)
        let reconciler = Reconciler(
            ledger: ledger, api: api, health: APIHealth(logger: Logger(label: "test")), interval: .seconds(3600),
            logger: Logger(label: "test"), on: scheduler, seed: 1)
        ledger.commit(upTo: 1)
        ledger.reschedule()
        #expect(scheduler.jobs.count == 0)
        ledger.flood.withLock { $0 = true }
        ledger.reschedule()
        #expect(scheduler.jobs.count > 0)
        scheduler.jobs.run()
        let looks = scheduler.jobs.count
        for number in 2...100 { ledger.commit(upTo: Int64(number)) }
        #expect(scheduler.jobs.count == looks)
        withExtendedLifetime(reconciler) {}
    }

    @Test(arguments: LedgerBackend.allCases)
    func `what was set aside is taken up again on request`(_ form: LedgerBackend)
        async throws
    {
        let ledger = try await ledger(form, window: .nanoseconds(1))
        api.list.withLock { $0 = [] }
        let reconciler = reconciler(ledger)
        await reconciler.start()
        try await eventually("the baseline") { ledger.hasBaseline }
        _ = ledger.record(try report(1), peer: "test")
        try await eventually("it is durable") { ledger.durable == 3 }
        let claim = try await eventualValue("the claim") { ledger.claim() }
        _ = try await ledger.settle(claim, .failed("down"), cause: .webhook)
        #expect(ledger.counts.abandoned == 1)
        #expect(ledger.counts.pending == 0)
        api.list.withLock { $0 = [ScriptedPayments.paid(1)] }
        try await eventually("a request is taken") { await reconciler.reconcile() }
        try await eventually("the confirmation") { try causes()[1] == ["webhook news"] }
        await reconciler.stop()
        ledger.close()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `stopping breaks a listing off, and the next start repeats it`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let gate = Gate()
        api.listGate.withLock { $0 = gate }
        api.list.withLock { $0 = [ScriptedPayments.paid(1)] }
        let reconciler = reconciler(ledger)
        await reconciler.start()
        try await eventually("the call") { api.listings.withLock { $0 } == 1 }
        #expect(await reconciler.reconcile() == false)
        let stopping = Task { await reconciler.stop() }
        gate.open()
        await stopping.value
        #expect(ledger.beginListing(), "none is under way any more")
        ledger.close()
    }
}
