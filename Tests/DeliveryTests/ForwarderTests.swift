import Glibc
import JournalFormat
import JSON
import Ledger
import LedgerDoubles
import Logging
import Payments
import POSIX
import Testing
import TestSupport

@testable import Delivery

/// The forwarder on a real journal, with endpoints that do as they are told.
struct ForwarderTests {
    private let home = LedgerHome()
    private let log = LineLog()
    private let failed = DeliveryOutcome.failed(DeliveryFailure(status: 500, error: "HTTP 500"))

    private func ledger(_ form: LedgerBackend, segmentBytes: Int64 = 1 << 20) async throws -> any TestLedger {
        try await home.open(form, .init(maxPending: 1000, segmentBytes: segmentBytes))
    }

    private func forwarder(_ ledger: any TestLedger) -> Forwarder {
        Forwarder(ledger: ledger, logger: Logger(label: "test") { [log] _ in log.handler })
    }

    private func endpoint(_ name: String, _ shop: ScriptedShop) -> Forwarder.Endpoint {
        Forwarder.Endpoint(name: name, sender: shop)
    }

    /// Has the API say something new of a payment; returns its record.
    @discardableResult
    private func confirm(_ id: PaymentID, _ ledger: any TestLedger, state: String = "paid") async throws -> Int64 {
        let claim = try #require(ledger.claim(id))
        let settlement = try await ledger.settle(
            claim, .payment(ScriptedPayments.paid(id, state: state)), cause: .webhook)
        return try #require(settlement.confirmedSeq)
    }

    private func records(_ kind: String) throws -> [Record] { try home.records(kind) }

    #if PostgreSQL
        @Test func `a record that is gone is undeliverable at once, and the API's next answer delivered in its place`()
            async throws
        {
            let ledger = try await ledger(.database)
            _ = try ledger.configure(endpoints: ["a"])
            let seq = try await confirm(42, ledger)
            // Without anything behind it, the server would count as one that has lost it.
            try await confirm(43, ledger)
            #expect(try await home.execute("DELETE FROM ecryptopayd.records WHERE seq = \(seq)"))
            let (forwarder, shop) = (forwarder(ledger), ScriptedShop())
            try await forwarder.update(endpoints: [endpoint("a", shop)])
            try await eventually("the end of it") { try records("undeliverable").count == 1 }
            guard case .undeliverable(let end)? = try records("undeliverable").first else { return }
            #expect(end.of == seq && end.isUnreadable && end.attempts == 0)
            #expect(end.error?.hasPrefix("the database: record \(seq) is missing") == true, "\(end.error ?? "")")
            let again = try await confirm(42, ledger)
            try await eventually("the delivery") { shop.seqs.contains(again) }
            #expect(!shop.seqs.contains(seq))
            await forwarder.stop()
        }
    #endif

    #if PostgreSQL
        @Test func `a report whose row is damaged is refuted, and readers go on behind it`() async throws {
            let ledger = try await ledger(.database)
            let report = try ReportedPayment(body: Array(#"{"id":42,"state":"paid"}"#.utf8).span)
            #expect(isTaken(ledger.record(report, peer: "test")))
            let claim = try #require(ledger.claim(42))
            let seq = try #require(claim.reports.first?.seq)
            try await eventually("it is durable") { ledger.durable >= seq }
            #expect(
                try await home.execute(
                    "UPDATE ecryptopayd.records SET line = replace(line, '\"paid\"', '\"open\"') WHERE seq = \(seq)"))
            let settlement = try await ledger.settle(claim, .payment(ScriptedPayments.paid(42)), cause: .webhook)
            #expect(settlement.judgement.refutations.map(\.reason) == [.unreadable])
            #expect(settlement.judgement.confirmation?.isChange == true)
            let fault = #expect(throws: (any Error).self) { try records("received") }
            #expect("\(fault.map { "\($0)" } ?? "")".contains("the database: its checksum says"))
        }
    #endif

    @Test(arguments: LedgerBackend.allCases)
    func `news goes to every endpoint, and what came of it is journaled`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let forwarder = forwarder(ledger)
        let shops = [ScriptedShop(), ScriptedShop()]
        try await forwarder.update(endpoints: [endpoint("a", shops[0]), endpoint("b", shops[1])])
        let seq = try await confirm(42, ledger)
        try await eventually("both deliveries") { try records("delivered").count == 2 }
        for shop in shops {
            let message = try #require(shop.messages.first)
            #expect(shop.messages.count == 1 && message.id.hasPrefix("msg_id_\(seq)_"))
            let body = try JSONValue(parsing: message.body)
            #expect(body["type"]?.string == "payment.updated")
            #expect(body["seq"]?.integer == seq)
            #expect(body["data"]?["state"]?.string == "paid")
            #expect(body["timestamp"]?.string?.hasSuffix("Z") == true)
        }
        let delivered = try records("delivered").compactMap { if case .delivered(let end) = $0 { end } else { nil } }
        #expect(Set(delivered.map(\.endpoint)) == ["a", "b"])
        #expect(delivered.allSatisfy { $0.of == seq && $0.payment == 42 && $0.attempts == 1 && $0.status == 200 })
        #expect(ledger.counts.delivered == 2)
        await forwarder.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `what is no news is not delivered, and a payment's news come in order`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let forwarder = forwarder(ledger)
        let shop = ScriptedShop()
        try await forwarder.update(endpoints: [endpoint("a", shop)])
        var seqs: [Int64] = []
        for state in ["open", "paid", "done"] {
            seqs.append(try await confirm(42, ledger, state: state))
            // The same again is nothing new.
            let again = try #require(ledger.claim(42))
            _ = try await ledger.settle(again, .payment(ScriptedPayments.paid(42, state: state)), cause: .webhook)
        }
        try await eventually("all deliveries") { ledger.counts.delivered == 3 }
        #expect(shop.seqs == seqs)
        await forwarder.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a failing endpoint holds up no other, and what it lacks survives a restart`(_ form: LedgerBackend)
        async throws
    {
        let good = ScriptedShop()
        let bad = ScriptedShop { [failed] _ in failed }
        var seq: Int64 = 0
        do {
            let ledger = try await ledger(form)
            let forwarder = forwarder(ledger)
            try await forwarder.update(endpoints: [endpoint("bad", bad), endpoint("good", good)])
            seq = try await confirm(42, ledger)
            try await eventually("the good one's delivery") { ledger.counts.delivered == 1 }
            try await eventually("an attempt") { !bad.messages.isEmpty }
            try await eventually("its end") { ledger.endpointStatus.first?.failing?.error == "HTTP 500" }
            #expect(ledger.endpointStatus.last?.failing == nil)
            await forwarder.stop()
            ledger.close()
        }
        bad.change { _ in .accepted(status: 204) }
        let ledger = try await ledger(form)
        let forwarder = forwarder(ledger)
        #expect(ledger.endpointStatus.map(\.waiting) == [1, 0])
        #expect(ledger.endpointStatus.map(\.failing) == [nil, nil], "nothing has been tried yet")
        try await forwarder.update(endpoints: [endpoint("bad", bad), endpoint("good", good)])
        try await eventually("the other's delivery") { ledger.counts.delivered == 2 }
        #expect(Set(bad.seqs) == [seq] && Set(bad.ids).count == 1)
        #expect(good.ids.count == 1)
        #expect(log.lines.contains { $0.contains("bad did not take record \(seq)") && $0.contains("HTTP 500") })
        await forwarder.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a new endpoint gets what comes next, and what waits for one that is gone is undeliverable`(
        _ form: LedgerBackend
    )
        async throws
    {
        let ledger = try await ledger(form, segmentBytes: 300)
        let forwarder = forwarder(ledger)
        let old = ScriptedShop { [failed] _ in failed }
        let new = ScriptedShop()
        try await forwarder.update(endpoints: [endpoint("old", old)])
        let first = try await confirm(1, ledger)
        try await eventually("an attempt") { !old.messages.isEmpty }
        try await forwarder.update(endpoints: [endpoint("new", new)])
        let second = try await confirm(2, ledger)
        try await eventually("the delivery") { ledger.counts.delivered == 1 }
        #expect(new.seqs == [second])
        let lost = try records("undeliverable").compactMap { if case .undeliverable(let end) = $0 { end } else { nil } }
        #expect(lost.map(\.of) == [first] && lost.first?.endpoint == "old")
        #expect(lost.first?.error == "the endpoint was removed")
        let told = log.lines.filter { $0.contains("old is not configured any more, and 1 deliveries that waited") }
        #expect(told.count == 1)
        #expect(told.first?.contains("\"ecryptopayd replay --since TIME\", or \"--seq \(first)\"") == true, "\(told)")
        #expect(ledger.endpointStatus.map(\.name) == ["new"])
        let lacking = await ledger.overview(waiting: 0)
        #expect(lacking.undelivered == UndeliveredRecords(count: 1, oldest: first))
        let since = try #require(lacking.undeliveredSince)
        #expect(try await ledger.redeliver(.since(since), dryRun: true).deliveries == 2)
        // A replay brings it to those that are there.
        #expect(try await ledger.redeliver(.record(first), dryRun: true).deliveries == 1)
        #expect(try await ledger.redeliver(.record(first), dryRun: false).deliveries == 1)
        try await eventually("the replay") { ledger.counts.delivered == 2 }
        #expect(new.seqs == [second, first])
        #expect(await ledger.overview(waiting: 0).undelivered == nil)
        await forwarder.stop()
    }

    @Test func `what waits for one that is gone and cannot be journaled is told, and the others are delivered to`()
        async throws
    {
        let ledger = try await endingBehindRemoval(.files)
        let forwarder = forwarder(ledger)
        let new = ScriptedShop()
        try await forwarder.update(endpoints: [endpoint("new", new)])
        #expect(log.lines.contains { $0.contains("could be journaled as undeliverable (") })
        await forwarder.stop()
    }

    /// A ledger with an endpoint "new" and one that is gone, "old", for which something waits, and that writes nothing more.
    private func endingBehindRemoval(_ form: LedgerBackend) async throws -> any TestLedger {
        let ledger = try await ledger(form)
        _ = try ledger.configure(endpoints: ["old"])
        try await confirm(1, ledger)
        _ = try ledger.configure(endpoints: ["new"])
        ledger.close()
        // As if it had crashed behind the record that removes the endpoint.
        let directory = try #require(home.directory)
        let name = "00000000000000000001.jsonl"
        var lines = try directory.readText(name).split(separator: "\n")
        while lines.last?.contains(#""kind":"opened""#) == false { lines.removeLast() }
        try directory.write(lines.joined(separator: "\n") + "\n", to: name)
        _ = unlink(directory.path(of: "durable"))
        let again = try await self.ledger(form)
        #expect(again.endpointStatus.map(\.name) == ["old", "new"])
        again.close()
        return again
    }

    @Test(arguments: LedgerBackend.allCases)
    func `endpoints in another order are the same, and nothing is written`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let forwarder = forwarder(ledger)
        let shop = ScriptedShop()
        try await forwarder.update(endpoints: [endpoint("a", shop), endpoint("b", shop)])
        let before = ledger.durable
        try await forwarder.update(endpoints: [endpoint("b", shop), endpoint("a", shop)])
        #expect(ledger.durable == before)
        await forwarder.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `410 stops an endpoint loudly, and a reload has it go on`(_ form: LedgerBackend)
        async throws
    {
        let ledger = try await ledger(form)
        let forwarder = forwarder(ledger)
        let shop = ScriptedShop { _ in .gone }
        try await forwarder.update(endpoints: [endpoint("a", shop)])
        try await confirm(1, ledger)
        try await eventually("the stop") { ledger.endpointStatus.first?.isStopped == true }
        try await confirm(2, ledger)
        #expect(shop.messages.count == 1)
        #expect(log.lines.contains { $0.contains("a answered 410 Gone") })
        shop.change { _ in .accepted(status: 200) }
        try await forwarder.update(endpoints: [endpoint("a", shop)])
        try await eventually("both deliveries") { ledger.counts.delivered == 2 }
        await forwarder.stop()
    }

    @Test func `endpoints that cannot be journaled change nothing, and those that were there go on`() async throws {
        let ledger = try await ledger(.files)
        let forwarder = forwarder(ledger)
        let shop = ScriptedShop { [failed] _ in failed }
        try await forwarder.update(endpoints: [endpoint("a", shop)])
        let seq = try await confirm(1, ledger)
        try await eventually("an attempt") { !shop.messages.isEmpty }
        ledger.close()
        await #expect(throws: (any Error).self) {
            try await forwarder.update(endpoints: [endpoint("b", ScriptedShop())])
        }
        #expect(ledger.endpointStatus.map(\.name) == ["a"])
        // Files are read all the same when nothing can be written.
        let before = shop.messages.count
        _ = try await ledger.redeliver(.record(seq), dryRun: false)
        try await eventually("another attempt") { shop.messages.count > before }
        await forwarder.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `a replay by payment or time sends all that was news, in order`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form, segmentBytes: 300)
        let forwarder = forwarder(ledger)
        let shop = ScriptedShop()
        try await forwarder.update(endpoints: [endpoint("a", shop)])
        var seqs: [Int64] = []
        for state in ["open", "paid"] { seqs.append(try await confirm(1, ledger, state: state)) }
        let other = try await confirm(2, ledger)
        try await eventually("all deliveries") { ledger.counts.delivered == 3 }
        #expect(try await ledger.redeliver(.payment(1), dryRun: false).deliveries == 2)
        try await eventually("the replay") { ledger.counts.delivered == 5 }
        #expect(shop.seqs.suffix(2) == seqs)
        #expect(try await ledger.redeliver(.payment(3), dryRun: false).deliveries == 0)
        #expect(try await ledger.redeliver(.record(seqs[0] + 1000), dryRun: false).deliveries == 0)
        #expect(try await ledger.redeliver(.since(0), dryRun: true).deliveries == 3)
        #expect(try await ledger.redeliver(.since(Clock.realtime()), dryRun: true).deliveries == 0)
        #expect(shop.seqs.filter { $0 == other }.count == 1)
        await forwarder.stop()
    }

    @Test(arguments: LedgerBackend.allCases)
    func `deliveries under way are bounded, and stopping breaks them off`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form)
        let forwarder = forwarder(ledger)
        let shop = ScriptedShop { _ in
            try? await Task.sleep(for: .seconds(3600))
            return .released
        }
        try await forwarder.update(endpoints: [endpoint("a", shop)])
        for id in 1...20 as ClosedRange<PaymentID> { try await confirm(id, ledger) }
        try await eventually("all places are taken") { shop.messages.count == EndpointForwarder.concurrency }
        await forwarder.stop()
        #expect(shop.messages.count == EndpointForwarder.concurrency)
        #expect(ledger.endpointStatus.first?.waiting == 20)
        #expect(ledger.counts.delivered == 0)
    }

    @Test(arguments: LedgerBackend.allCases)
    func `nothing is pruned that is not delivered`(_ form: LedgerBackend) async throws {
        let ledger = try await ledger(form, segmentBytes: 300)
        let forwarder = forwarder(ledger)
        let shop = ScriptedShop { [failed] _ in failed }
        try await forwarder.update(endpoints: [endpoint("a", shop)])
        #expect(ledger.beginListing())
        _ = try ledger.endListing(isWhole: true)
        for id in 1...5 as ClosedRange<PaymentID> { try await confirm(id, ledger) }
        let held = try home.prune(ledger)
        #expect(held.heldBy?.contains("is not delivered") == true, "\(held)")
        shop.change { _ in .accepted(status: 200) }
        // One whose first attempt came only now goes out twice.
        _ = try await ledger.redeliver(.since(0), dryRun: false)
        try await eventually("all deliveries") { ledger.endpointStatus.first?.waiting == 0 }
        #expect(ledger.counts.delivered >= 5)
        #expect(try home.prune(ledger).segments.isEmpty == false)
        await forwarder.stop()
    }
}
