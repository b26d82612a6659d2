#if PostgreSQL
    import Admin
    import Configuration
    import Dispatch
    import JournalFormat
    import JournalStore
    import Ledger
    import Logging
    import POSIX
    import PostgreSQLStore
    import Receiver
    import ServiceManager
    import SharedLedger
    import Synchronization

    /// The ledger that several daemons keep in one database, as one of them has it.
    final class OpenDatabaseLedger: OpenLedger {
        private struct State {
            var url: DatabaseURL
            var keep = Duration.zero
            var witnessing: (any DispatchSourceTimer)?
            /// What the node that decides does now and then.
            var maintenance: (checkpointer: Checkpointer<SharedJournal>, pruning: PruneTimer)?
        }

        private let database: PostgreSQLDatabase
        private let node: SharedNode
        private let witness: DatabaseWitness?
        /// The journal's id, once there is one.
        private let journal: Mutex<String?>
        private let logger: Logger
        private let state: Mutex<State>

        init(
            _ url: DatabaseURL, _ database: PostgreSQLDatabase, _ node: SharedNode, _ witness: DatabaseWitness?,
            journal: String?, _ logger: Logger
        ) {
            self.database = database
            self.witness = witness
            self.journal = Mutex(journal)
            self.node = node
            self.logger = logger
            state = Mutex(State(url: url))
        }

        var reports: any ReportLedger { node }
        var records: any RecordLedger { node }
        var failure: String? { node.failure }
        var room: LedgerRoom? { nil }
        var writeFailures: [String: Int]? { nil }
        var restore: Record.Restore? { node.restore }
        var scrub: ScrubStatus? { nil }
        var slowCommitCount: Int { node.slowCommitCount }
        var adviceWhenSlow: String { "check the database's disk, its standby, and the network between" }
        var holdsCaller: Bool { false }
        func makesProgress(within limit: Duration) -> Bool { true }

        var isWaiting: Bool {
            node.fault != nil || node.term?.ledger.makesProgress(within: .seconds(1)) == false
        }

        var cluster: ClusterStatus? {
            let standing = node.standing
            let lease = standing?.lease.flatMap { $0.node != nil && $0.left > 0 ? $0 : nil }
            // What this node does itself, it knows before it has looked again.
            let term = node.term
            return ClusterStatus(
                deciding: term == nil ? lease?.name : HostName.current, isHere: term != nil,
                since: term?.since ?? lease?.since,
                nodes: standing?.nodes.map(\.name).sorted() ?? [], oldestReportAt: standing?.oldestReportAt,
                differences: node.differences, fault: node.fault?.message,
                isFull: lease?.isFull ?? false)
        }

        func begin(_ settings: Settings, _ handler: @escaping @Sendable (DecidingEvent) async -> Void) async {
            state.withLock { state in
                state.keep = settings.journalKeep
                let timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
                timer.schedule(deadline: .now() + 1, repeating: 1, leeway: .milliseconds(200))
                timer.setEventHandler { [weak self] in self?.leaveWitness() }
                timer.activate()
                state.witnessing = timer
            }
            node.start { [weak self] event in
                // On a queue of the node's own, which has nothing else to do meanwhile.
                self?.handle(event) { event in try? blocking { await handler(event) } }
            }
        }

        private func handle(_ event: SharedNode.Event, _ handler: (DecidingEvent) -> Void) {
            switch event {
            case .began(let term):
                logger.notice("this node decides now: it confirms, reconciles and delivers (epoch \(term.number))")
                if let (restore, _) = term.ledger.recovered.restore { restore.log(nil, logger) }
                term.ledger.recovered.logAdoption(logger)
                beginUpkeep(of: term)
                handler(.began(term.ledger))
            case .ended(_, let reason):
                logger.warning("this node decides no longer: \(reason)")
                endUpkeep()
                handler(.ended(reason: reason))
            case .command(let stored, _):
                guard let command = Command(stored.text) else {
                    return node.answer(stored, with: CommandAnswer.failed("the command is of another version").text)
                }
                handler(.command(command) { [node] in node.answer(stored, with: $0.text) })
            }
        }

        func handOver(_ command: Command) async throws -> CommandAnswer? {
            if node.term != nil { return nil }
            let text: String = try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { [node] in
                    continuation.resume(with: Result { try node.handOver(command.text) })
                }
            }
            return CommandAnswer(text)
        }

        func updateAccess(_ settings: Settings) {
            guard case .database(let url) = settings.journal, state.withLock({ $0.url != url }) else { return }
            do {
                try database.update(
                    parameters: url.exposedParameters(caFile: settings.caFile), secrets: url.secrets)
                state.withLock { $0.url = url }
            } catch { logger.error("the database's old URL stays in force: \(error)") }
        }

        func update(_ settings: Settings) {
            node.update(limits: .init(settings), configuration: settings.sharedConfiguration)
            state.withLock { state in
                state.keep = settings.journalKeep
                state.maintenance?.pruning.update(keep: settings.journalKeep)
            }
        }

        func leaveWitness() {
            let id = journal.withLock { journal in
                journal = journal ?? node.term?.ledger.journal.id
                return journal
            }
            let seq = max(node.durable, database.proof.value.seq)
            if let witness, let id, seq > 0 { witness.note(Witness(journal: id, seq: seq)) }
        }

        func end() async {
            state.withLock { $0.witnessing?.cancel() }
            leaveWitness()
            endUpkeep()
            await node.close()
        }

        // MARK: What the node that decides does now and then

        private func beginUpkeep(of term: Term) {
            let ledger = term.ledger
            let pruning = PruneTimer({ try ledger.prune(olderThan: $0) }) { [logger] result in
                switch result {
                case .success(let report): report.log(logger, tellsOfHold: true)
                case .failure(let error): logger.warning("old records stay, since they cannot be dropped: \(error)")
                }
            }
            state.withLock { state in
                state.maintenance = (Checkpointer(ledger), pruning)
                pruning.update(keep: state.keep)
            }
        }

        private func endUpkeep() {
            state.withLock { state in
                defer { state.maintenance = nil }
                return state.maintenance
            }?.pruning.stop()
        }
    }

    extension SharedNode.Options {
        init(_ settings: Settings, _ start: StartOptions) {
            self.init(
                limits: .init(settings), account: .init(settings), name: HostName.current, version: Program.version,
                journal: RandomID.make(), segmentBytes: Int64(settings.journalSegmentBytes),
                configuration: settings.sharedConfiguration)
            adoptsClient = start.adoptsClient
            isRestored = start.isRestored
        }
    }
#endif
