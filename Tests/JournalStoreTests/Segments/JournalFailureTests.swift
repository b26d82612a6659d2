import Dispatch
import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX
import Testing

@testable import JournalStore

/// A journal on a disk that fails while it is written to.
struct JournalFailureTests {
    private let disk = SimulatedDisk()
    private let log = CommitLog()

    private func open(segmentBytes: Int64 = 1 << 20) throws -> Journal {
        let (journal, _) = try Journal.open(disk, .test(segmentBytes: segmentBytes), randomID: "id", time: 0) { _, _ in
        }
        journal.setObserver(log)
        return journal
    }

    /// Appends a batch, waits for what becomes of it, and answers the numbers that were given.
    @discardableResult
    private func append(_ count: Int = 1, to journal: Journal) throws(JournalUnavailable) -> [Int64] {
        var seqs: [Int64] = []
        journal.commits.queue.suspend()
        defer {
            journal.commits.queue.resume()
            journal.commits.queue.sync {}
        }
        for number in 0..<count { seqs.append(try journal.append(.baseline(count: number), time: 0).seq) }
        return seqs
    }

    /// Fails calls on segments, but not on the durable mark.
    private func fail(_ fault: @escaping @Sendable (SimulatedDisk.Call) -> SimulatedDisk.Fault?) {
        disk.setFault { call in
            if case .write(DurableMark.name, _) = call { return nil }
            return fault(call)
        }
    }

    private func heal() { disk.setFault(nil) }

    // MARK: A write that fails

    @Test(arguments: [nil, 1, 60, 150])
    func `a full disk rejects a batch and cuts it back, and its numbers are given again`(taken: Int?) throws {
        let journal = try open()
        try append(to: journal)
        let before = disk.content(name(1))
        let once = Once()
        fail { call in
            guard case .write = call else { return nil }
            if let taken, once.take() { return .short(taken) }
            return .error(28)
        }
        #expect(try append(3, to: journal) == [3, 4, 5])
        #expect(log.events == [.committed(2), .rejected(after: 2, errno: 28)])
        #expect(disk.content(name(1)) == before)
        #expect(journal.durable == 2 && journal.failure == nil)
        heal()
        #expect(try append(2, to: journal) == [3, 4])
        #expect(log.events.last == .committed(4))
        #expect(try disk.records() == ["1 opened", "2 baseline", "3 baseline", "4 baseline"])
    }

    @Test func `what waits behind a rejected batch is rejected with it`() throws {
        let journal = try open()
        let gate = Gate()
        fail { call in
            guard case .write = call else { return nil }
            gate.pass()
            return .error(28)
        }
        _ = try journal.append(.baseline(count: 1), time: 0)
        gate.waitUntilReached()
        #expect(try journal.append(.baseline(count: 2), time: 0).seq == 3)
        gate.open()
        journal.commits.queue.sync {}
        heal()
        #expect(log.events == [.rejected(after: 1, errno: 28)])
        #expect(try append(to: journal) == [2])
        #expect(try disk.records() == ["1 opened", "2 baseline"])
    }

    @Test func `nothing is taken until everybody has forgotten what was rejected`() throws {
        let journal = try open()
        let observer = ReentrantObserver()
        observer.journal = journal
        journal.setObserver(observer)
        fail { if case .write = $0 { .error(28) } else { nil } }
        try append(to: journal)
        #expect(observer.refusal == .rejected(SystemError(call: "pwrite", errno: 28)))
        heal()
        #expect(try append(to: journal) == [2])
    }

    @Test func `what a rotation had synced before a write failed stays, and is told first`() throws {
        let journal = try open(segmentBytes: 400)
        fail { call in
            guard case .write(let name, _) = call, name != JournalStoreTests.name(1) else { return nil }
            return .error(28)
        }
        let seqs = try append(8, to: journal)
        let kept = journal.durable
        try #require(kept > 1 && kept < seqs.last ?? 0)
        #expect(log.events == [.committed(kept), .rejected(after: kept, errno: 28)])
        heal()
        #expect(try append(to: journal) == [kept + 2])
        #expect(try disk.records().last == "\(kept + 2) baseline")
        #expect(try disk.records().dropFirst(Int(kept)).first == "\(kept + 1) opened")
    }

    @Test func `a segment that cannot be made rejects, and is made later`() throws {
        let journal = try open(segmentBytes: 200)
        fail { if case .open(_, .create) = $0 { .error(28) } else { nil } }
        try append(8, to: journal)
        let kept = journal.durable
        #expect(log.events.last == .rejected(after: kept, errno: 28))
        heal()
        try append(8, to: journal)
        #expect(try disk.records().count == Int(journal.durable))
        #expect(try JournalReader(disk).segments.count > 1)
    }

    @Test func `a record reads back though a segment would have begun before it in a rejected batch`() throws {
        let journal = try open(segmentBytes: 400)
        fail { if case .write = $0 { .error(28) } else { nil } }
        journal.commits.queue.suspend()
        let large = Record.known(payment: 1, current: [UInt8](repeating: UInt8(ascii: "1"), count: 300))
        for record in [large, .baseline(count: 1)] { _ = try journal.append(record, time: 0) }
        journal.commits.queue.resume()
        journal.commits.queue.sync {}
        heal()
        for seq in Int64(2)...3 {
            let position = try journal.append(.baseline(count: 7), time: 0)
            journal.commits.queue.sync {}
            #expect(position.seq == seq)
            #expect(try journal.read(position).record == .baseline(count: 7))
        }
        #expect(try JournalReader(disk).segments == [1])
    }

    @Test func `a write that cannot be cut back is final`() throws {
        let journal = try open()
        fail { call in
            switch call {
            // The rest of it does not fit.
            case .write(_, count: let count): count > 10 ? .short(count - 10) : .error(28)
            case .truncate: .error(5)
            default: nil
            }
        }
        try append(to: journal)
        heal()
        #expect(log.events == [.failed(errno: 5)])
        expectFinal(journal, errno: 5)
    }

    // MARK: A sync that fails

    @Test func `a failed sync is final, though the next would succeed`() throws {
        let journal = try open()
        try append(to: journal)
        let once = Once()
        fail { if case .synchronize = $0, once.take() { .lie(5, seed: 1) } else { nil } }
        try append(2, to: journal)
        #expect(log.events == [.committed(2), .failed(errno: 5)])
        expectFinal(journal, errno: 5)
        #expect(journal.durable == 2)
        #expect(disk.content(DurableMark.name) == DurableMark.encode(2))
    }

    @Test func `what waits behind a failed sync is never written`() throws {
        let journal = try open()
        let gate = Gate()
        fail { call in
            guard case .synchronize = call else { return nil }
            gate.pass()
            return .error(5)
        }
        _ = try journal.append(.baseline(count: 1), time: 0)
        gate.waitUntilReached()
        _ = try journal.append(.baseline(count: 2), time: 0)
        gate.open()
        journal.commits.queue.sync {}
        heal()
        #expect(log.events == [.failed(errno: 5)])
        #expect(try disk.records() == ["1 opened", "2 baseline"])
        journal.close(time: 0)
        #expect(try disk.records() == ["1 opened", "2 baseline"])
    }

    @Test func `a failed sync of the directory is final`() throws {
        let journal = try open(segmentBytes: 200)
        fail { $0 == .synchronizeDirectory ? .error(5) : nil }
        try append(8, to: journal)
        heal()
        #expect(log.events == [.failed(errno: 5)])
        expectFinal(journal, errno: 5)
    }

    /// Nothing is taken and nothing written any more.
    private func expectFinal(_ journal: Journal, errno: Int32, sourceLocation: SourceLocation = #_sourceLocation) {
        guard let failure = journal.failure, failure.errno == errno else {
            Issue.record("\(String(describing: journal.failure))", sourceLocation: sourceLocation)
            return
        }
        disk.forgetCalls()
        #expect(throws: failure, sourceLocation: sourceLocation) {
            try append(to: journal)
        }
        journal.close(time: 0)
        #expect(disk.calls.isEmpty, sourceLocation: sourceLocation)
    }

    // MARK: The durable mark

    @Test func `a durable mark that cannot be written rejects no record`() throws {
        disk.setFault { if case .write(DurableMark.name, _) = $0 { .error(28) } else { nil } }
        let journal = try open()
        try append(2, to: journal)
        #expect(log.events == [.committed(3)])
        #expect(disk.content(DurableMark.name) == [])
    }

    // MARK: The start

    @Test(arguments: [SimulatedDisk.Call.synchronizeDirectory, .synchronize(name(1)), .open(name(1), .create)])
    func `a start that cannot write says what failed`(call: SimulatedDisk.Call) {
        let turn = TurnCounter(call == .synchronizeDirectory ? 1 : 0)
        disk.setFault { $0 == call && turn.isTurn() ? .error(13) : nil }
        do {
            _ = try open()
            Issue.record("it was opened")
        } catch {
            guard case .system(let error) = error as? JournalFault else {
                Issue.record("\(error)")
                return
            }
            #expect(error.errno == 13)
        }
    }

    @Test func `a write under way for too long is no progress`() throws {
        let journal = try open()
        #expect(journal.commits.makesProgress(within: .zero))
        let gate = Gate()
        fail { call in
            if case .synchronize = call { gate.pass() }
            return nil
        }
        _ = try journal.append(.baseline(count: 1), time: 0)
        gate.waitUntilReached()
        #expect(!journal.commits.makesProgress(within: .zero))
        #expect(journal.commits.makesProgress(within: .seconds(3600)))
        gate.open()
        journal.commits.queue.sync {}
        #expect(journal.commits.makesProgress(within: .zero))
    }
}
