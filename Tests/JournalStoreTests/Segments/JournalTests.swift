import Dispatch
import JournalFormat
import JournalStoreSimulation
import Ledger
import POSIX
import Testing
import TestSupport

@testable import JournalStore

/// A journal on a disk that does as it is told.
struct JournalTests {
    private func open(
        _ disk: SimulatedDisk, _ options: Journal.Options = .test(), randomID: String = "id"
    ) throws(JournalFault) -> (journal: Journal, log: CommitLog, records: [Entry]) {
        var records: [Entry] = []
        let (journal, _) = try Journal.open(disk, options, randomID: randomID, time: 0) { entry, _ in
            records.append(entry)
        }
        let log = CommitLog()
        journal.setObserver(log)
        return (journal, log, records)
    }

    /// Appends, and waits until it is durable or rejected.
    @discardableResult
    private func append(_ count: Int = 1, to journal: Journal) throws(JournalUnavailable) -> [JournalPosition] {
        var positions: [JournalPosition] = []
        for number in 0..<count { positions.append(try journal.append(.baseline(count: number), time: 0)) }
        journal.commits.queue.sync {}
        return positions
    }

    // MARK: Opened and closed

    @Test func `the first start makes a segment that begins with opened`() throws {
        let disk = SimulatedDisk()
        let (journal, _, records) = try open(disk, randomID: "9a3f")
        #expect(records.isEmpty && journal.id == "9a3f" && journal.durable == 1)
        let written = text(disk.content(name(1)))
        #expect(
            written.hasSuffix(
                #""kind":"opened","format":1,"reads":1,"journal":"9a3f","version":"1","api":"api:443","client":"client","chain":"00000000","checksum_ids":1}"#
                    + "\n")
        )
        #expect(disk.state.afterLosingAll().names.keys.contains(name(1)))
    }

    @Test func `every start is recorded, and keeps the journal's id`() throws {
        let disk = SimulatedDisk()
        for _ in 0..<3 { #expect(try open(disk).journal.id == "id") }
        #expect(try open(disk, randomID: "other").journal.id == "id")
        #expect(try disk.records() == ["1 opened", "2 opened", "3 opened", "4 opened"])
    }

    @Test func `opened is durable before anybody can append`() throws {
        let disk = SimulatedDisk()
        let (journal, _, _) = try open(disk)
        #expect(journal.durable == 1)
        #expect(try SimulatedDisk(disk.state.afterLosingAll()).records() == ["1 opened"])
    }

    @Test func `another API or another account is refused, and nothing is written`() throws {
        let disk = SimulatedDisk()
        _ = try open(disk)
        let before = disk.content(name(1))
        for options in [Journal.Options.test(api: "other:443"), .test(client: "other")] {
            do throws(JournalFault) {
                _ = try open(disk, options)
                Issue.record("it was opened")
            } catch {
                guard case .otherAccount = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect("\(error)".contains(#""other"#))
            }
        }
        #expect(disk.content(name(1)) == before)
    }

    @Test func `closing writes closed, syncs it, and takes nothing more`() throws {
        let disk = SimulatedDisk()
        let (journal, log, _) = try open(disk)
        // Not committed yet when the journal is closed: the queue is held back.
        journal.commits.queue.suspend()
        _ = try journal.append(.baseline(count: 1), time: 0)
        journal.commits.queue.resume()
        journal.close(time: 0)
        #expect(throws: JournalUnavailable.closed) { try journal.append(.baseline(count: 2), time: 0) }
        journal.close(time: 0)
        #expect(log.committed == 3)
        #expect(try SimulatedDisk(disk.state.afterLosingAll()).records() == ["1 opened", "2 baseline", "3 closed"])
    }

    // MARK: Appending

    @Test func `a record reads back from its position`() throws {
        let disk = SimulatedDisk()
        let (journal, _, _) = try open(disk, .test(segmentBytes: 400))
        for (number, position) in try append(20, to: journal).enumerated() {
            #expect(try journal.read(position).record == .baseline(count: number))
        }
    }

    @Test func `many appends during one sync become one write and one sync`() throws {
        let disk = SimulatedDisk()
        let (journal, log, _) = try open(disk)
        let gate = Gate()
        let once = Once()
        disk.setFault { call in
            if case .synchronize = call, once.take() { gate.pass() }
            return nil
        }
        _ = try journal.append(.baseline(count: 0), time: 0)
        gate.waitUntilReached()
        disk.forgetCalls()
        for number in 1...100 { _ = try journal.append(.baseline(count: number), time: 0) }
        #expect(log.events.isEmpty && journal.durable == 1)
        gate.open()
        journal.commits.queue.sync {}
        #expect(log.events == [.committed(2), .committed(102)])
        let segmentCalls = disk.calls.filter { call in
            switch call {
            case .write(name(1), _), .synchronize(name(1)): true
            default: false
            }
        }
        #expect(segmentCalls.count == 2)
        #expect(disk.calls.last == .write(DurableMark.name, count: DurableMark.length))
        #expect(disk.content(DurableMark.name) == DurableMark.encode(102))
    }

    @Test func `a record claims what was durable when it was appended`() throws {
        let disk = SimulatedDisk()
        let (journal, _, _) = try open(disk)
        for _ in 0..<2 {
            journal.commits.queue.suspend()
            for number in 0..<3 { _ = try journal.append(.baseline(count: number), time: 0) }
            journal.commits.queue.resume()
            journal.commits.queue.sync {}
        }
        let (_, _, records) = try open(disk)
        #expect(records.map(\.durable) == [0, 1, 1, 1, 4, 4, 4])
    }

    @Test func `a segment that has reached its size is followed by another, which begins with opened`() throws {
        let disk = SimulatedDisk()
        let (journal, _, _) = try open(disk, .test(segmentBytes: 400))
        for _ in 0..<8 { try append(to: journal) }
        let records = try disk.records()
        let segments = try JournalReader(disk).segments
        #expect(segments.count > 2)
        for first in segments { #expect(records.contains("\(first) opened")) }
        #expect(records.filter { $0.hasSuffix("baseline") }.count == 8)
        for first in segments.dropLast() { #expect(disk.content(name(first))?.count ?? 0 >= 400) }
    }

    @Test func `a segment of just its size is full`() throws {
        let first = SimulatedDisk()
        try append(3, to: try open(first).journal)
        let size = Int64(try #require(first.content(name(1))).count)
        for (limit, segments) in [(size, [1, 5]), (size + 1, [1])] as [(Int64, [Int64])] {
            let disk = SimulatedDisk()
            let (journal, _, _) = try open(disk, .test(segmentBytes: limit))
            try append(4, to: journal)
            #expect(try disk.segments() == segments)
        }
    }

    @Test func `a batch may run over several segments, each synced before the next is made`() throws {
        let disk = SimulatedDisk()
        let (journal, log, _) = try open(disk, .test(segmentBytes: 400))
        disk.forgetCalls()
        journal.commits.queue.suspend()
        for number in 0..<8 { _ = try journal.append(.baseline(count: number), time: 0) }
        journal.commits.queue.resume()
        journal.commits.queue.sync {}
        let segments = try JournalReader(disk).segments
        try #require(segments.count > 2 && log.events.count == 1)
        for (first, next) in zip(segments, segments.dropFirst()) {
            let creation = try #require(disk.calls.firstIndex(of: .open(name(next), .create)))
            #expect(disk.calls[..<creation].contains(.synchronize(name(first))))
            #expect(disk.calls[creation + 1] == .synchronizeDirectory)
        }
        #expect(
            SimulatedDisk(disk.state.afterLosingAll()).content(name(segments[2])) == disk.content(name(segments[2])))
    }

    @Test func `a write that the system cuts short is gone on with`() throws {
        let disk = SimulatedDisk()
        disk.setFault { if case .write(_, let count) = $0, count > 7 { .short(7) } else { nil } }
        let (journal, log, _) = try open(disk)
        try append(3, to: journal)
        #expect(log.committed == 4)
        #expect(try disk.records().count == 4)
    }

    @Test func `a record of more than 4 MiB is refused and takes no number`() throws {
        let disk = SimulatedDisk()
        let (journal, log, _) = try open(disk)
        let large = [UInt8](repeating: UInt8(ascii: "1"), count: RecordCodec.maximumLineLength)
        do throws(JournalUnavailable) {
            _ = try journal.append(.known(payment: 1, current: large), time: 0)
            Issue.record("it was taken")
        } catch {
            guard case .tooLong(let bytes) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(bytes > RecordCodec.maximumLineLength)
        }
        #expect(try append(to: journal).map(\.seq) == [2])
        #expect(log.committed == 2)
        #expect(try disk.records() == ["1 opened", "2 baseline"])
    }

    // MARK: The lock

    @Test func `one process at a time holds a directory`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(of: "journal")
        var first: JournalLock? = try JournalLock(directory: path)
        do throws(JournalFault) {
            _ = try JournalLock(directory: path)
            Issue.record("it was locked twice")
        } catch {
            guard case .locked(path) = error else {
                Issue.record("\(error)")
                return
            }
        }
        withExtendedLifetime(first) {}
        first = nil
        _ = try JournalLock(directory: path)
    }

    @Test func `one process at a time holds a directory, though its lock was removed`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(of: "journal")
        let first = try JournalLock(directory: path)
        try DirectoryDisk(path: path).unlink(JournalLock.name)
        do throws(JournalFault) {
            _ = try JournalLock(directory: path)
            Issue.record("it was locked twice")
        } catch {
            guard case .lockReplaced(path) = error else {
                Issue.record("\(error)")
                return
            }
        }
        withExtendedLifetime(first) {}
    }

    @Test func `a journal in a real directory reads back`() throws {
        let directory = try TemporaryDirectory()
        for run in 1...3 {
            let disk = try DirectoryDisk(path: directory.path)
            var seen: [Entry] = []
            let (journal, recovered) = try Journal.open(disk, .test(segmentBytes: 600), randomID: "id", time: 0) {
                entry, _ in seen.append(entry)
            }
            #expect(seen.filter { $0.record.kind == "baseline" }.count == 10 * (run - 1))
            #expect(recovered.tornTail == nil)
            let positions = try append(10, to: journal)
            for (number, position) in positions.enumerated() {
                #expect(try journal.read(position).record == .baseline(count: number))
            }
            journal.close(time: 0)
        }
        #expect(try directory.names().contains(DurableMark.name))
    }
}
