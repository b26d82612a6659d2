import JournalFormat
import JournalStore
import Ledger

/// Builds the state of the ledger, from the newest checkpoint and the records behind it, and begins a term.
struct Takeover {
    let database: any LedgerDatabase
    let options: SharedNode.Options
    let node: Int64
    let journal: String
    let seed: UInt64
    /// The server's clock, in nanoseconds since 1970.
    let realtime: @Sendable () -> Int64
    let environment: SharedEnvironment

    /// So many bytes of records are read at once.
    private static let pageBytes = 4 << 20

    /// Takes the lease and begins; nil when another node decides.
    func run(_ hooks: Term.Hooks) throws(DatabaseFault) -> Term? {
        let claim = LeaseClaim(node: node, name: options.name, epoch: nil, duration: Epoch.lease)
        guard let grant = try database.takeLease(claim) else { return nil }
        let epoch = Epoch(grant, of: node, named: options.name, database, in: environment, failed: hooks.failed)
        do throws(DatabaseFault) {
            if let term = try begin(epoch, grant, hooks) { return term }
            if case .lost(let fault)? = epoch.end { throw fault }
            return nil
        } catch {
            // Another node need not wait until the lease has run out.
            epoch.release()
            throw error
        }
    }

    private func begin(_ epoch: Epoch, _ grant: LeaseGrant, _ hooks: Term.Hooks) throws(DatabaseFault) -> Term? {
        var state = LedgerState(
            limits: options.limits, seed: seed, now: Instant(nanoseconds: environment.monotonic()))
        state.mayYield = false
        var size = LedgerSize()
        var last: Int64 = 0
        if let stored = try database.checkpoint(), let checkpoint = Checkpoint(decoding: stored.state),
            checkpoint.isOf(journal), stored.seq == checkpoint.seq,
            // What was pruned behind it may have settled what it says is waiting.
            stored.seq >= grant.pruned, state.restore(checkpoint.snapshot, asOf: checkpoint.seq)
        {
            size = LedgerSize(bytes: stored.bytes, segments: stored.segments)
            last = stored.seq
        }
        let checkpointed = last
        let (since, count) = try replay(
            &state, after: max(checkpointed, grant.pruned), DroppedRanges(grant.gaps), epoch)
        size.bytes += since.bytes
        size.segments += since.segments
        last = epoch.last
        guard epoch.end == nil else { return nil }
        let newest = try Record.Opened(database.opened(before: last + 1))
        let formerClient = try adopt(newest)
        let taken = TakenReports(size)
        let restore = restore(grant, behind: last)
        let start = (restore?.nextSeq ?? last + 1) - 1
        var opened = opened(state, behind: newest, start)
        opened.restore = restore ?? opened.restore
        let writer = SharedWriter(epoch, taken, passingOver: start > last ? last + 1...start : nil)
        let environment = JournalEnvironment(realtime: realtime, self.environment)
        let commits = GroupCommit(
            behind: start, segmentBytes: options.segmentBytes, opened: opened, writer, in: environment)
        guard commits.markStart(time: realtime()) == nil else { return nil }
        let position = JournalPosition(seq: commits.durable, offset: 0)
        let ledger = DecidingLedger(
            SharedJournal(id: journal, commits, epoch, taken),
            .init(records: count, restore: restore.map { ($0, nil) }, formerClient: formerClient), state,
            last: position,
            checkpointed: checkpointed, .init(limits: options.limits), in: environment)
        return Term(ledger, epoch, taken, since: realtime(), hooks, in: self.environment)
    }

    /// Looks whether the ledger still is of this node's account, since another node may have led meanwhile; returns the client id that it
    /// belonged to, if it gets another one now.
    private func adopt(_ newest: Record.Opened?) throws(DatabaseFault) -> String? {
        guard let newest else { return nil }
        do throws(OtherAccount) {
            try LedgerAccount(api: newest.api, client: newest.client).refuse(
                other: options.account, adoptsClient: options.adoptsClient)
        } catch { throw DatabaseFault(kind: .otherAccount(hint: error.hint), message: error.problem) }
        return newest.client == options.account.client ? nil : newest.client
    }

    /// The restore that this term begins with, if an operator has said that the database was set back. Without a record there is nothing
    /// that could be mistaken.
    private func restore(_ grant: LeaseGrant, behind last: Int64) -> Record.Restore? {
        guard options.isRestored, last > 0 else { return nil }
        let time = realtime()
        let newest = grant.last.flatMap { try? Entry(line: $0.line.span) }
        return Record.Restore(after: last, point: newest?.time ?? time, time: time)
    }

    private func opened(_ state: LedgerState, behind newest: Record.Opened?, _ last: Int64) -> Record.Opened {
        Record.Opened(
            format: RecordCodec.format, reads: RecordCodec.reads, journal: journal, version: options.version,
            api: options.account.api, client: options.account.client,
            endpoints: state.endpoints.isEmpty ? nil : state.endpoints,
            checksumIDs: newest?.checksumIDs ?? last + 1, restore: newest?.restore)
    }

    /// Applies every record behind one; returns their size and how many they are.
    private func replay(
        _ state: inout LedgerState, after seq: Int64, _ gaps: DroppedRanges, _ epoch: Epoch
    ) throws(DatabaseFault) -> (LedgerSize, Int64) {
        var (size, count) = (LedgerSize(), Int64(0))
        var last = seq
        while last < epoch.last {
            let page = try database.page(after: last, upTo: epoch.last, atMost: Self.pageBytes)
            for record in page {
                let line = record.line.span
                do throws(LineFault) {
                    let view = try EntryView(RecordLine(checking: line), line)
                    let expected = gaps.next(from: last + 1)
                    guard view.seq == record.seq, record.seq == expected else {
                        throw .sequence(expected: expected, found: view.seq)
                    }
                    if case .other(.opened) = view.record { size.segments += 1 }
                    state.replay(view, line, offset: 0)
                } catch {
                    let fault = error.named { () throws(DatabaseFault) in try database.opened(before: record.seq) }
                    throw DatabaseFault(fault, in: "record \(record.seq) in the database")
                }
                size.bytes += Int64(record.line.count) + 1
                count += 1
                last = record.seq
            }
            if page.isEmpty {
                throw DatabaseFault(kind: .behind, message: "the database does not show record \(last + 1)")
            }
            guard epoch.renew(isFull: false) else { break }
        }
        return (size, count)
    }
}

extension Record.Opened {
    /// That of a line; nil without one, and for one that cannot be read: whoever reads all of it tells of the damage.
    init?(_ line: [UInt8]?) {
        guard let line, case .opened(let opened)? = try? Entry(line: line.span).record else { return nil }
        self = opened
    }
}

extension JournalEnvironment {
    fileprivate init(realtime: @escaping @Sendable () -> Int64, _ environment: SharedEnvironment) {
        self.init()
        monotonic = environment.monotonic
        self.realtime = realtime
        queue = environment.queue
    }
}
