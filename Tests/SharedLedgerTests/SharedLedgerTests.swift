import JournalFormat
import Payments
import SharedLedgerSimulation
import Synchronization
import TestSupport
import Testing

@testable import SharedLedger

/// One node's ledger on a simulated server, which does what the real one seldom does.
@Suite(.ownThread) struct SharedLedgerTests {
    private let database = SimulatedDatabase(.machine(after: SharedSurroundings.machine.after))
    private let observer = Observer()

    private func open(
        segmentBytes: Int64 = 1 << 20, suspended: @escaping @Sendable () -> Int64 = { 0 }
    ) async throws -> SharedLedger {
        var surroundings = SharedSurroundings.machine
        surroundings.suspended = suspended
        let ledger = SharedLedger(
            database.connection(on: ClientExecutor()),
            SharedLedger.Options(
                limits: .init(maxPending: 100_000, confirmRate: 1000, confirmWindow: .seconds(3600)),
                account: LedgerAccount(api: "h:1", client: "c"), name: "host", version: "test", journal: "id",
                segmentBytes: segmentBytes, longestCall: .seconds(10)), seed: 1, in: surroundings)
        try await ledger.open()
        ledger.addObserver(observer)
        return ledger
    }

    private func post(_ id: Int64, to ledger: SharedLedger) throws -> Int64 {
        let report = try ReportedPayment(body: Array(#"{"id":\#(id),"state":"paid"}"#.utf8).span)
        guard case .pending(let position) = ledger.record(report, peer: "test") else {
            throw DeadlinePassed(what: "a report that is taken in")
        }
        return position
    }

    /// What another node may have written.
    private func confirmed(_ id: Int64) -> Record {
        let payment =
            #"{"id":\#(id),"state":"paid","amount":"1.0","currency":"btc","updated_at":"2026-11-20T18:09:11.456Z"}"#
        return .confirmed(.init(payment: id, current: Array(payment.utf8), news: true, of: [], cause: .webhook))
    }

    private var received: Int { get throws { try database.entries.count { $0.record.kind == "received" } } }

    // MARK: Warnings

    @Test func `what was committed with a warning is told to nobody before another commit`() async throws {
        let ledger = try await open()
        let locks = Counter()
        database.setFates { call in
            switch call.kind {
            // The server has lost its standby, and the report with it if it goes.
            case .commit: return Fate(.warned)
            case .lock where locks.next() > 1: return Fate(.refused(.unreachable))
            default: return Fate()
            }
        }
        let position = try post(7, to: ledger)
        try await eventually("it is written, and more turns fail") { locks.value > 3 }
        #expect(try received == 1)
        #expect(ledger.committed < position && observer.committed < position)
        #expect(ledger.durable < database.head.cut.seq, "nobody who follows the records sees it")
        #expect(ledger.unavailability != nil, "none is taken in meanwhile")
        database.setFates { _ in Fate() }
        try await eventually("it is told") { observer.committed >= position }
        #expect(ledger.durable == database.head.cut.seq)
        await ledger.end()
        #expect(try received == 1, "it is not written twice")
        #expect(database.violations.isEmpty)
    }

    @Test func `what the last turn commits with a warning is rejected, not left without an answer`() async throws {
        let ledger = try await open()
        // The turn before the last waits until there is something for the last one.
        let (gate, isPassed) = (Counter(), Counter())
        database.setFates { call in
            guard call.kind == .commit else { return Fate() }
            if gate.next() > 1 { return Fate(.warned) }
            var slow = Fate()
            slow.writing = 200_000_000
            _ = isPassed.next()
            return slow
        }
        let first = try post(7, to: ledger)
        try await eventually("its turn is under way") { isPassed.value > 0 }
        let second = try post(8, to: ledger)
        await ledger.end()
        #expect(observer.committed == first && ledger.committed == first)
        #expect(observer.rejectedAfter == first && second > first)
        #expect(database.violations.isEmpty)
    }

    @Test func `what another node has confirmed is shown and delivered behind a commit of its own`() async throws {
        let ledger = try await open()
        _ = try ledger.configure(endpoints: ["https://shop"])
        try await eventually("it delivers") { database.leases.contains { $0.name == "endpoint:https://shop" } }
        // The server shows what it has committed also where its standby has never got it.
        database.setFates { $0.kind == .commit && $0.node != 2 ? Fate(.refused(.unreachable)) : Fate() }
        let other = try await database.joined(2)
        let view = try await other.lock(after: .start)
        #expect(await other.commit(view.turn(1, [confirmed(7)])) == .committed)
        let seq = database.head.cut.seq
        try await eventually("it is followed") { ledger.endpointStatus.first?.waiting == 1 }
        #expect(ledger.durable < seq)
        #expect(ledger.claimDelivery(for: "https://shop") == nil)
        database.setFates { _ in Fate() }
        try await eventually("it is shown") { ledger.durable >= seq }
        try await eventually("it goes out") { ledger.claimDelivery(for: "https://shop")?.position.seq == seq }
        await ledger.end()
        #expect(database.violations.isEmpty)
    }

    @Test func `what was confirmed with a warning goes out behind another commit`() async throws {
        let ledger = try await open()
        _ = try ledger.configure(endpoints: ["https://shop"])
        try await eventually("it delivers") { database.leases.contains { $0.name == "endpoint:https://shop" } }
        let claim = try #require(await ledger.claim(7))
        guard case .confirmed(let record) = confirmed(7) else { return }
        let payment = try ConfirmedPayment(answer: record.current, asked: 7)
        let commits = Counter()
        database.setFates { call in
            guard call.kind == .commit else { return Fate() }
            return commits.next() == 1 ? Fate(.warned) : Fate(.refused(.unreachable))
        }
        async let settled = ledger.settle(claim, .payment(payment), cause: .webhook)
        try await eventually("other turns fail") { commits.value > 2 }
        #expect(ledger.endpointStatus.first?.waiting == 1)
        #expect(ledger.claimDelivery(for: "https://shop") == nil)
        database.setFates { _ in Fate() }
        #expect(try await settled.confirmedSeq != nil)
        try await eventually("it goes out") { ledger.claimDelivery(for: "https://shop") != nil }
        await ledger.end()
        #expect(database.violations.isEmpty)
    }

    @Test func `while the machine is suspended, the lease runs out`() async throws {
        let suspended = Counter()
        // In hours.
        let ledger = try await open { Int64(suspended.value) * 3_600_000_000_000 }
        _ = try ledger.configure(endpoints: ["https://shop"])
        let other = try await database.joined(2)
        let view = try await other.lock(after: .start)
        #expect(await other.commit(view.turn(1, [confirmed(7), confirmed(8)])) == .committed)
        try await eventually("one goes out") { ledger.claimDelivery(for: "https://shop") != nil }
        database.setFates { $0.kind == .commit ? Fate(.refused(.unreachable)) : Fate() }
        _ = suspended.next()
        #expect(ledger.claimDelivery(for: "https://shop") == nil, "the other may deliver it by now")
        database.setFates { _ in Fate() }
        try await eventually("the other goes out") { ledger.claimDelivery(for: "https://shop") != nil }
        await ledger.end()
    }

    // MARK: Reading

    @Test func `whoever reads behind any number gets what there is, and behind the greatest nothing`() async throws {
        let ledger = try await open()
        let last = ledger.durable
        for (seq, expected) in [(Int64.min, Array(1...last)), (-1, Array(1...last)), (last, []), (.max, [])] {
            var reader = SharedReader(database.connection(on: ClientExecutor()).records, after: seq)
            var shown: [Int64] = []
            _ = try reader.read(atMost: .max, upTo: last) { _, entry in
                shown.append(entry.seq)
            } pruned: { _ in
                Issue.record("nothing was pruned")
            }
            #expect(shown == expected, "behind \(seq)")
        }
        await ledger.end()
    }

    // MARK: Damage

    @Test(arguments: [DatabaseFault.Kind.schema, .damaged])
    func `tables that are not what they should be end the ledger`(kind: DatabaseFault.Kind) async throws {
        let ledger = try await open()
        database.setFates { Fate($0.kind == .lock ? .refused(kind) : nil) }
        _ = try post(7, to: ledger)
        try await eventually("it has ended") { ledger.failure != nil }
        await ledger.end()
    }

    // MARK: Much at once

    @Test func `pruning comes to its end though reports never stop`() async throws {
        let ledger = try await open(segmentBytes: 500)
        for id in 1...9 as ClosedRange<Int64> {
            let claim = try #require(await ledger.claim(id))
            guard case .confirmed(let record) = confirmed(id) else { return }
            _ = try await ledger.settle(
                claim, .payment(try ConfirmedPayment(answer: record.current, asked: id)), cause: .webhook)
        }
        let last = database.head.cut.seq
        let (written, isOver) = (Counter(), Counter())
        let other = try await database.joined(2)
        #expect(await other.commit(try await other.lock(after: .start).turn(1, [.baseline(count: 0)])) == .committed)
        let busy = Task {
            while isOver.value == 0 {
                let position = try? post(1000 + Int64(written.next()), to: ledger)
                while ledger.committed < position ?? 0, isOver.value == 0 { await Task.yield() }
            }
        }
        defer { _ = isOver.next() }
        // While a fold is written, there is always something new.
        database.setFates { call in
            var fate = Fate()
            if call.kind == .fold { fate.back = 20_000_000 }
            return fate
        }
        try await eventually("it is busy") { written.value > 10 && ledger.hasBaseline }
        let report = try #require(try await ledger.prune(before: .max, upTo: last))
        #expect(report.segments.count > 0 && report.known > 0)
        _ = isOver.next()
        await busy.value
        #expect(database.firstRecord > 1)
        await ledger.end()
        #expect(database.violations.isEmpty)
    }

    @Test func `a long queue of deliveries is given up, and made again, so many in one turn`() async throws {
        let ledger = try await open()
        _ = try ledger.configure(endpoints: ["https://shop"])
        // Another node confirms them.
        let other = try await database.joined(2)
        let news = (1...4500).map { confirmed($0) }
        let view = try await other.lock(after: .start)
        #expect(await other.commit(view.turn(1, news)) == .committed)
        let last = database.head.cut.seq
        try await eventually("they wait") { ledger.durable >= last && ledger.endpointStatus.first?.waiting == 4500 }
        #expect(try await ledger.redeliver(.since(0), dryRun: false) == 4500)
        let redelivered = database.notes.compactMap { NoteCoder.decode($0.body) }.map { notes in
            notes.count { if case .redelivers = $0 { true } else { false } }
        }
        #expect(redelivered.filter { $0 > 0 } == [2000, 2000, 500])
        let change = try ledger.configure(endpoints: [])
        #expect(change.failure == nil)
        #expect(change.losses.map(\.count) == [4500])
        let given = try database.entries.filter { $0.record.kind == "undeliverable" }
        #expect(given.count == 4500 && Set(given.map(\.durable)).count == 3)
        await ledger.end()
        #expect(database.violations.isEmpty)
    }
}

/// What the ledger tells.
private final class Observer: LedgerObserver {
    private let state = Mutex((committed: Int64(0), rejectedAfter: Int64?.none))

    var committed: Int64 { state.withLock { $0.committed } }
    var rejectedAfter: Int64? { state.withLock { $0.rejectedAfter } }

    func ledgerDidCommit(upTo position: Int64) { state.withLock { $0.committed = position } }

    func ledgerDidReject(after position: Int64, reason: String) { state.withLock { $0.rejectedAfter = position } }

    func ledgerDidFail(reason: String, errno: Int32) {}
}

/// Counts what happens on any thread.
private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    /// One more.
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
