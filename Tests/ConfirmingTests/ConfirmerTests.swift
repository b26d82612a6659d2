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

/// The confirmer on a real journal, with an API that does as it is told.
struct ConfirmerTests {
    private let home = LedgerHome()

    private func ledger(_ form: LedgerBackend, window: Duration = .seconds(3600)) async throws -> any TestLedger {
        try await home.open(form, .init(window: window, maxPending: 1000))
    }

    private func confirmer(_ ledger: any TestLedger, _ api: ScriptedPayments, concurrency: Int = 4) -> Confirmer {
        Confirmer(
            ledger: ledger, api: api, health: APIHealth(logger: Logger(label: "test")), concurrency: concurrency,
            logger: Logger(label: "test"))
    }

    private func report(_ id: PaymentID, state: String = "paid", amount: String = "150.0") throws -> ReportedPayment {
        let body = Array(
            #"{"id":\#(id),"state":"\#(state)","amount":"\#(amount)","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z"}"#
                .utf8)
        return try ReportedPayment(body: body.span)
    }

    private func records(_ kind: String) throws -> [Record] { try home.records(kind) }

    @Test(arguments: LedgerBackend.allCases)
    func `a call that does not end is no progress, nor is one that is due and does not begin`(_ form: LedgerBackend)
        async throws
    {
        let ledger = try await ledger(form)
        let gate = Gate()
        let api = ScriptedPayments { id in
            await gate.pass()
            return ScriptedPayments.paid(id)
        }
        let confirmer = confirmer(ledger, api)
        #expect(confirmer.makesProgress(within: .zero))
        #expect(isTaken(ledger.record(try report(42), peer: "test")))
        // It has not been started.
        try await eventually("a call is due") { !confirmer.makesProgress(within: .zero) }
        #expect(confirmer.makesProgress(within: .seconds(3600)))
        await confirmer.start()
        try await eventually("the call") { api.log.asked == [42] }
        #expect(!confirmer.makesProgress(within: .zero))
        #expect(confirmer.makesProgress(within: .seconds(3600)))
        gate.open()
        try await eventually("the end of the call") { confirmer.makesProgress(within: .zero) }
        await confirmer.stop()
        ledger.close()
    }

    @Test func `commits that bring nothing due earlier do not wake it, one that does wakes it`() async throws {
        let ledger = HeldLedger()
        let hour = Instant(nanoseconds: Clock.monotonic()) + .seconds(3600)
        ledger.due.withLock { $0 = hour }
        // Held, so that none brings another before they are counted.
        let scheduler = CountingScheduler(holdsJobs: true)
        let confirmer = Confirmer(
            ledger: ledger, api: ScriptedPayments { ScriptedPayments.paid($0) }, concurrency: 4,
            logger: Logger(label: "test"), on: scheduler)
        // It looks, and has its timer set for that hour.
        await confirmer.update(concurrency: 2)
        for number in 1...100 { ledger.commit(upTo: Int64(number)) }
        #expect(scheduler.jobs.count == 0)
        ledger.due.withLock { $0 = hour + .seconds(-1) }
        ledger.commit(upTo: 101)
        #expect(scheduler.jobs.count == 1)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a report is fetched, and what the API says is journaled`(_ form: LedgerBackend)
        async throws
    {
        let ledger = try await ledger(form)
        let api = ScriptedPayments { ScriptedPayments.paid($0) }
        let confirmer = confirmer(ledger, api)
        await confirmer.start()
        #expect(isTaken(ledger.record(try report(42), peer: "test")))
        try await eventually("the confirmation") { ledger.counts.confirmed == 1 }
        #expect(ledger.counts.pending == 0)
        await confirmer.stop()
        ledger.close()
        guard case .confirmed(let confirmed)? = try records("confirmed").first else {
            Issue.record("no confirmation")
            return
        }
        #expect(confirmed.payment == 42)
        #expect(confirmed.of == [2])
        #expect(confirmed.news)
        #expect(confirmed.cause == .webhook)
        #expect(confirmed.current == ScriptedPayments.paid(42).json)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `never more calls at once than allowed, and never two for one payment`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let atOnce = Mutex((now: 0, most: 0))
        let api = ScriptedPayments { id throws(APIError) in
            atOnce.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            // Until as many have met as may, and then a little longer, so that one too many would be seen.
            while atOnce.withLock({ $0.most < 3 }) { await Task.yield() }
            await Task.yield()
            atOnce.withLock { $0.now -= 1 }
            return ScriptedPayments.paid(id)
        }
        let confirmer = confirmer(ledger, api, concurrency: 3)
        await confirmer.start()
        for round in 0..<4 {
            for id in 1...50 { _ = ledger.record(try report(PaymentID(id), state: "s\(round)"), peer: "test") }
        }
        try await eventually("all are known") { ledger.counts.known == 50 }
        #expect(api.log.mostAtOnce == 3)
        #expect(!api.log.wasTwiceAtOnce)
        await confirmer.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `an outage leaves everything queued, and is over when the API answers`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let api = ScriptedPayments { id throws(APIError) in throw ScriptedPayments.error(.status(503), id: id) }
        let confirmer = confirmer(ledger, api)
        await confirmer.start()
        for id in 1...5 { _ = ledger.record(try report(PaymentID(id)), peer: "test") }
        try await eventually("every payment was asked for") { Set(api.log.asked).count == 5 }
        try await eventually("the outage is noticed") { confirmer.health.current.isReachable == false }
        #expect(ledger.counts.pending == 5)
        #expect(ledger.counts.confirmed == 0)
        api.change { ScriptedPayments.paid($0) }
        try await eventually("all are confirmed") { ledger.counts.confirmed == 5 }
        #expect(confirmer.health.current.isReachable == true)
        await confirmer.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `what is unknown when the program ends is asked for again after the next start`(_ form: LedgerBackend)
        async throws
    {
        do {
            let ledger = try await ledger(form)
            let api = ScriptedPayments { id throws(APIError) in throw ScriptedPayments.error(.timeout, id: id) }
            let confirmer = confirmer(ledger, api)
            await confirmer.start()
            _ = ledger.record(try report(42), peer: "test")
            try await eventually("a call failed") { confirmer.health.current.isReachable == false }
            await confirmer.stop()
            ledger.close()
        }
        let ledger = try await ledger(form)
        #expect(ledger.counts.pending == 1)
        let confirmer = confirmer(ledger, ScriptedPayments { ScriptedPayments.paid($0) })
        await confirmer.start()
        try await eventually("the confirmation") { ledger.counts.confirmed == 1 }
        await confirmer.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `what is taken up again is asked for, though nothing is written`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form, window: .zero)
        let api = ScriptedPayments { id throws(APIError) in throw ScriptedPayments.error(.status(503), id: id) }
        let confirmer = confirmer(ledger, api)
        await confirmer.start()
        _ = ledger.record(try report(42), peer: "test")
        try await eventually("it is set aside, and no call is to come") {
            ledger.counts.abandoned == 1 && ledger.nextDue() == nil
        }
        api.change { ScriptedPayments.paid($0) }
        ledger.requeueAbandoned()
        try await eventually("the confirmation") { ledger.counts.confirmed == 1 }
        await confirmer.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a contradicted report is refuted, and the truth stands beside it`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let confirmer = confirmer(ledger, ScriptedPayments { ScriptedPayments.paid($0, state: "open") })
        await confirmer.start()
        _ = ledger.record(try report(42, amount: "1.0"), peer: "test")
        try await eventually("the refutation") { ledger.counts.refuted == 1 }
        await confirmer.stop()
        ledger.close()
        #expect(try records("refuted") == [.refuted(payment: 42, of: 2, reason: "amount-mismatch")])
        #expect(try records("confirmed").count == 1)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `stopping breaks calls off, and what they were for stays queued`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let gate = Gate()
        let api = ScriptedPayments { id throws(APIError) in
            await withTaskCancellationHandler {
                await gate.pass()
            } onCancel: {
                gate.open()
            }
            throw ScriptedPayments.error(.cancelled, id: id)
        }
        let confirmer = confirmer(ledger, api)
        await confirmer.start()
        _ = ledger.record(try report(42), peer: "test")
        try await eventually("the call is under way") { api.log.asked == [42] }
        await confirmer.stop()
        #expect(ledger.counts.pending == 1)
        ledger.close()
        #expect(try records("confirmed").isEmpty)
        #expect(try records("refuted").isEmpty)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `Retry-After holds every call back`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let api = ScriptedPayments { id throws(APIError) in
            throw ScriptedPayments.error(.status(429), id: id, retryAfter: .seconds(600))
        }
        let confirmer = confirmer(ledger, api, concurrency: 1)
        await confirmer.start()
        _ = ledger.record(try report(1), peer: "test")
        try await eventually("the first call") { confirmer.health.current.isReachable == false }
        _ = ledger.record(try report(2), peer: "test")
        try await eventually("the record is durable") { ledger.durable == 3 }
        let due = try await eventualValue("a call that waits") { ledger.nextDue() }
        #expect(api.log.asked == [1])
        #expect(due.nanoseconds > Instant.monotonicNow.nanoseconds + 500_000_000_000)
        await confirmer.stop()
    }

    @Test(arguments: [
        (APIError.Kind.status(404), "notFound"), (.status(410), "notFound"), (.status(403), "forbidden"),
        (.status(401), "failed"), (.status(429), "failed"), (.status(500), "failed"), (.status(302), "failed"),
        (.status(422), "failed"), (.timeout, "failed"), (.dns, "failed"), (.connect, "failed"),
        (.tls(.expired), "failed"),
        (.wrongID(7), "failed"), (.undecodable, "failed"), (.credentialsRefused, "failed"),
        (.tooLarge(limit: 1), "failed"),
    ])
    func `a failed call is sorted as the table of verdicts says`(kind: APIError.Kind, outcome: String) {
        let answer = Answer(ScriptedPayments.error(kind, id: 42), asked: 42)
        switch answer {
        case .notFound: #expect(outcome == "notFound")
        case .forbidden: #expect(outcome == "forbidden")
        case .failed: #expect(outcome == "failed")
        case .payment: Issue.record("a failure is no payment")
        }
    }

    @Test func `a 404 for the token says nothing about a payment`() {
        let error = APIError(kind: .status(404), method: "POST", path: "/api/v1/oauth/token", detail: "")
        guard case .failed = Answer(error, asked: 42) else {
            Issue.record("taken for the payment's own")
            return
        }
    }
}

extension Instant {
    fileprivate static var monotonicNow: Instant { Instant(nanoseconds: Clock.monotonic()) }
}
