package import JournalFormat
import JournalStore
package import Ledger
package import Payments
import Synchronization

extension SharedNode: ReportLedger {
    package func record(_ report: ReportedPayment, peer: String, defersCommit: Bool) -> Reception {
        acceptor.record(report, peer: peer, defersCommit: defersCommit)
    }

    package func commit() { acceptor.wake() }

    /// A position is a count of this node's own.
    package var committed: Int64 { acceptor.committed }

    package var unavailability: String? { failure ?? acceptor.refusal }

    package var advice: String {
        switch state.withLock({ $0.failure?.kind }) {
        case .behind: DatabaseFault.Kind.hintWhenBehind
        case .occupied: DatabaseFault.Kind.hintWhenOccupied
        case .otherAccount(let hint): hint
        case .damaged: "restore the database from its backup"
        case .laterVersion(let hint): hint
        case .schema: "install the version of ecryptopayd that the other nodes have"
        default: "check that the database runs, has room, and can be reached"
        }
    }

    package func addObserver(_ observer: any LedgerObserver) { observers.add(observer) }
}

extension SharedNode: RecordLedger {
    /// The last record that may be shown: no server is known to have lost it.
    package var durable: Int64 { shown.load(ordering: .acquiring) }

    package var mayLag: Bool { term == nil }

    package func reader(after seq: Int64) -> any RecordReader { SharedReader(database, after: seq) }

    package func reader(since time: Int64, atMost segments: Int) -> any RecordReader {
        SharedReader(database, since: time)
    }
}

extension SharedNode {
    /// What ended the node for good, in words for an operator; nil while nothing has.
    package var failure: String? { state.withLock { $0.failure?.message } }

    /// Commits that took longer than a second.
    package var slowCommitCount: Int { acceptor.slowCommitCount + slowTermCommits.load(ordering: .relaxed) }

    /// The term in which this node decides; nil while another one does.
    package var term: Term? { state.withLock { $0.term } }

    /// The ledger's last restore, as this node saw it last.
    package var restore: Record.Restore? { state.withLock { $0.restore } }

    /// How the ledger stands, as this node saw it last.
    package var standing: LedgerStanding? { state.withLock { $0.standing } }

    /// Why the database did not answer when it was last asked; nil when it did.
    package var fault: DatabaseFault? { state.withLock { $0.fault } }

    /// How this node's settings differ from those of others, in words for an operator.
    package var differences: [String] {
        state.withLock { state in
            guard let standing = state.standing else { return [] }
            return Configurations.differences(of: node, state.options.configuration, in: standing)
        }
    }

    // MARK: Commands

    /// How long whoever leaves a command waits for the answer, in nanoseconds.
    private static let patience: Int64 = 10_000_000_000
    private static let askInterval: Int64 = 20_000_000

    /// Has the node that decides do something, and returns its answer. Blocks, for ten seconds at the most. Throws ``DatabaseFault``.
    package func handOver(_ command: String) throws -> String {
        let number = try database.ask(command, of: node)
        defer { try? database.withdraw(number) }
        let deadline = environment.monotonic() + Self.patience
        while environment.monotonic() < deadline {
            if let answer = try database.answer(to: number) { return answer }
            environment.pause(Self.askInterval)
        }
        let name = state.withLock { $0.standing?.lease?.name } ?? "no node"
        throw DatabaseFault(kind: .deadline, message: "\(name) decides, and has not answered in 10 s")
    }

    /// Answers a command of another node. Blocks.
    package func answer(_ command: StoredCommand, with text: String) {
        try? database.answer(command.number, with: text)
    }
}
