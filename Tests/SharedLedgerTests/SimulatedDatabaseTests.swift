import JournalFormat
import Payments
import SharedLedger
import SharedLedgerSimulation
import Testing

/// The server that the shared ledger is tested with does what the real one does.
struct SimulatedDatabaseTests {
    private static let second: Int64 = 1_000_000_000

    private let time = ManualTime()
    private let database: SimulatedDatabase

    init() { database = SimulatedDatabase(time.surroundings) }

    private func fate(_ kind: DatabaseCall.Kind, _ fate: Fate) {
        database.setFates { $0.kind == kind ? fate : Fate() }
    }

    @Test func `a turn is seen by the other node, its note behind its records`() async throws {
        let (a, b) = (try await database.joined(1), try await database.joined(2))
        let first = try await a.lock(after: .start)
        #expect(await a.commit(first.turn(1, [.report(7), .report(8)], note: [1])) == .committed)
        let second = try await b.lock(after: .start)
        #expect(second.records.map(\.seq) == [1, 2] && second.records.map(\.node) == [1, 1])
        #expect(second.notes.map(\.seq) == [2] && second.notes.map(\.number) == [1])
        #expect(second.nodes.map(\.turn) == [1, 0] && second.isWhole)
        #expect(await b.commit(second.turn(1, [.report(9)])) == .committed)
        let third = try await a.look(after: first.turn(1, [.report(7), .report(8)], note: [1]).head.cut)
        #expect(third.records.map(\.seq) == [3] && third.notes.isEmpty)
        #expect(try database.entries.map(\.record.payment) == [7, 8, 9])
        #expect(database.violations.isEmpty)
    }

    @Test func `a view shows the first of much, in the order in which it was added`() async throws {
        let (a, b) = (try await database.joined(1), try await database.joined(2))
        let first = try await a.lock(after: .start)
        _ = await a.commit(first.turn(1, [.report(7)], note: [1]))
        let second = try await a.lock(after: Cut(seq: 1, note: 1))
        _ = await a.commit(second.turn(2, [.report(8)], note: [2]))
        var fate = Fate()
        fate.limit = 3
        self.fate(.look, fate)
        let view = try await b.look(after: .start)
        #expect(view.records.map(\.seq) == [1, 2] && view.notes.map(\.number) == [1] && !view.isWhole)
    }

    @Test func `the lock is one node's at a time`() async throws {
        let (a, b) = (try await database.joined(1), try await database.joined(2))
        let first = try await a.lock(after: .start)
        async let waiting = b.lock(after: .start)
        while database.waiting == 0 { await Task.yield() }
        #expect(await a.commit(first.turn(1, [.report(7)])) == .committed)
        #expect(try await waiting.records.map(\.seq) == [1])
    }

    @Test func `a transaction that stands idle ends for another`() async throws {
        let (a, b) = (try await database.joined(1), try await database.joined(2))
        let first = try await a.lock(after: .start)
        async let waiting = b.lock(after: .start)
        while database.waiting == 0 { await Task.yield() }
        time.pass(2 * Self.second)
        #expect(try await waiting.records.isEmpty)
        guard case .unknown = await a.commit(first.turn(1, [.report(7)])) else {
            Issue.record("committed without the lock")
            return
        }
        #expect(database.records.isEmpty && database.violations.isEmpty)
    }

    @Test func `who waits for too long is told so`() async throws {
        let (a, b) = (try await database.joined(1), try await database.joined(2))
        var slow = Fate()
        slow.writing = 8 * Self.second
        fate(.commit, slow)
        let first = try await a.lock(after: .start)
        async let outcome = a.commit(first.turn(1, [.report(7)]))
        async let waiting = b.lock(after: .start)
        while database.waiting == 0 { await Task.yield() }
        // Whoever waits does so for five seconds from now on.
        time.pass(5 * Self.second)
        do {
            _ = try await waiting
            Issue.record("granted")
        } catch { #expect((error as? DatabaseFault)?.kind == .lockTimeout) }
        time.pass(3 * Self.second)
        #expect(await outcome == .committed)
    }

    @Test(arguments: [(Fate.Misfortune.lostBefore, 0), (.lostAfter, 1)])
    func `a commit whose answer is lost is there or is not`(_ misfortune: Fate.Misfortune, _ count: Int) async throws {
        let a = try await database.joined(1)
        fate(.commit, Fate(misfortune))
        let first = try await a.lock(after: .start)
        guard case .unknown = await a.commit(first.turn(1, [.report(7)])) else {
            Issue.record("the outcome is known")
            return
        }
        let view = try await a.lock(after: .start)
        #expect(view.records.count == count && view.nodes[0].turn == Int64(count))
    }

    @Test(arguments: [DatabaseFault.Kind.conflict, .full])
    func `a commit that is refused leaves nothing`(_ kind: DatabaseFault.Kind) async throws {
        let a = try await database.joined(1)
        fate(.commit, Fate(.refused(kind)))
        let first = try await a.lock(after: .start)
        guard case .failed(let fault) = await a.commit(first.turn(1, [.report(7)])) else {
            Issue.record("not refused")
            return
        }
        #expect(fault.kind == kind && database.records.isEmpty)
        #expect(try await a.lock(after: .start).nodes[0].turn == 0)
    }

    @Test func `a commit may be done when nobody waits for it any more, and a standby lacks it`() async throws {
        let a = try await database.joined(1)
        fate(.commit, Fate(.doneLater(3 * Self.second)))
        let first = try await a.lock(after: .start)
        guard case .unknown = await a.commit(first.turn(1, [.report(7)])) else {
            Issue.record("the outcome is known")
            return
        }
        async let waiting = a.lock(after: Cut(seq: 0, note: 0))
        while database.waiting == 0 { await Task.yield() }
        #expect(database.records.isEmpty)
        time.pass(3 * Self.second)
        let view = try await waiting
        #expect(view.records.map(\.seq) == [1] && view.nodes[0].turn == 1)
        await a.rollBack()
        #expect(database.failOver())
        #expect(database.records.isEmpty)
        // What is acknowledged behind it is there, and so is it.
        await #expect(throws: DatabaseFault.self) { try await a.look(after: Cut(seq: 1, note: 0)) }
        #expect(try await a.look(after: Cut(seq: 1, note: 0)).anchor == .missing)
    }

    @Test func `a commit behind what the standby lacked brings that there`() async throws {
        let a = try await database.joined(1)
        let first = try await a.lock(after: .start)
        fate(.commit, Fate(.warned))
        #expect(await a.commit(first.turn(1, [.report(7)])) != .committed)
        database.setFates { _ in Fate() }
        let second = try await a.lock(after: Cut(seq: 1, note: 0))
        #expect(await a.commit(second.turn(2)) == .committed)
        #expect(!database.failOver())
        #expect(database.records.count == 1)
    }

    @Test func `who connects anew is shown the record that he was at`() async throws {
        let a = try await database.joined(1)
        let first = try await a.lock(after: .start)
        _ = await a.commit(first.turn(1, [.report(7)]))
        #expect(try await a.look(after: Cut(seq: 1, note: 0)).anchor == nil)
        database.close(for: .refused)
        await #expect(throws: DatabaseFault.self) { try await a.look(after: Cut(seq: 1, note: 0)) }
        await #expect { _ = try await a.look(after: Cut(seq: 1, note: 0)) } throws: {
            ($0 as? DatabaseFault)?.kind == .refused
        }
        database.open()
        #expect(
            try await a.look(after: Cut(seq: 1, note: 0)).anchor
                == .line(try #require(database.records.first).record.line))
        #expect(try await a.look(after: Cut(seq: 1, note: 0)).anchor == nil)
    }

    @Test func `the transaction of a node that dies ends`() async throws {
        let (a, b) = (try await database.joined(1), try await database.joined(2))
        _ = try await a.lock(after: .start)
        async let waiting = b.lock(after: .start)
        while database.waiting == 0 { await Task.yield() }
        a.drop(lingering: Self.second)
        #expect(database.waiting == 1)
        time.pass(Self.second)
        _ = try await waiting
        await #expect(throws: DatabaseFault.self) { try await a.look(after: .start) }
    }

    @Test func `what no program may write is refused`() async throws {
        let (a, b) = (try await database.joined(1), try await database.joined(2))
        _ = await a.commit(try await a.lock(after: .start).turn(1))
        #expect(database.violations.isEmpty)
        func expect(_ count: Int, _ change: (inout Turn) -> Void) async throws {
            let view = try await b.lock(after: .start)
            var turn = view.turn(view.nodes[1].turn + 1, [.report(7)])
            change(&turn)
            _ = await b.commit(turn)
            #expect(database.violations.count == count)
        }
        try await expect(1) { $0.records[0].seq = 2 }
        try await expect(2) { $0.head.cut.note = 1 }
        try await expect(3) { $0.number = 0 }
        try await expect(4) { $0.dead = [1] }
        try await expect(5) { $0.freed = ["listing"] }
        try await expect(6) { $0.records[0].line[30] ^= 1 }
        try await expect(7) { $0.records[0].isNews = true }
        try await expect(7) { $0.taken = ["listing"] }
        #expect(database.leases == [LeaseRow(name: "listing", node: 2)])
        time.pass(60 * Self.second)
        try await expect(7) { $0.dead = [1] }
        #expect(database.nodes == [2] && database.records.count == 2)
        _ = await a.commit(try await a.lock(after: .start).turn(2))
        #expect(database.violations.count == 8)
        _ = await a.commit(Turn(number: 3, lease: 0, head: database.head))
        #expect(database.violations.count == 9)
    }

    @Test func `folding replaces what is said of some payments`() async throws {
        let a = try await database.joined(1)
        _ = await a.commit(try await a.lock(after: .start).turn(1, [.report(7), .report(8)]))
        var rows = LedgerRows()
        rows.counts = [2]
        rows.waiting = [7, 8].map { .init(payment: $0, seq: $0 - 6, fingerprint: 1, isAside: false) }
        #expect(try await a.keeper.fold(rows, of: [7, 8], from: 0, to: 2, whoseLineBegins: []))
        #expect(try await !a.keeper.fold(LedgerRows(), of: [7], from: 0, to: 2, whoseLineBegins: []))
        var later = LedgerRows()
        later.known = [.init(payment: 7, seq: 2, fingerprint: 1, updatedAt: 3)]
        #expect(try await a.keeper.fold(later, of: [7], from: 2, to: 2, whoseLineBegins: []))
        #expect(try await a.keeper.unfolded().seq == 2)
        let loaded = try await a.load()
        #expect(loaded.cut == Cut(seq: 2, note: 0) && loaded.rows.known == later.known)
        #expect(loaded.rows.waiting.map(\.payment) == [8] && loaded.rows.counts.isEmpty)
    }

    @Test func `a seed draws the same fates again`() {
        let weather = DrawnFates.Weather(faults: 300, slow: 100, warns: true)
        let calls = (0..<500).map { DatabaseCall(node: $0 % 2, kind: $0 % 3 == 0 ? .commit : .lock) }
        func fates() -> [String] {
            let fates = DrawnFates(seed: 3) { weather }
            return calls.map { "\(fates.fate(of: $0))" }
        }
        #expect(fates() == fates() && fates().contains { $0.contains("lostAfter") })
    }
}

extension SimulatedDatabase {
    /// A connection whose node has joined.
    func joined(_ number: Int64) async throws -> SimulatedConnection {
        let connection = connection()
        _ = try await connection.join(.test(number))
        return connection
    }
}
