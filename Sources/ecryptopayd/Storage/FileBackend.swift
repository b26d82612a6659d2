import Admin
import CivilTime
import Configuration
import JournalFormat
import JournalStore
import Ledger
import Logging
import POSIX
import ServiceManager

/// The ledger in files: a journal in a directory, which is locked.
struct FileBackend: StorageBackend {
    private let path: String
    private let start: StartOptions
    /// Nil when there is no room for it yet.
    private let lock: JournalLock?

    /// Takes the lock of the journal in a directory, which is the one that is configured.
    init(_ path: String, _ start: StartOptions) throws {
        self.path = path
        self.start = start
        do { lock = try Self.lock(path) } catch let failure as CommandFailure where failure.isLackOfRoom { lock = nil }
    }

    private static func lock(_ path: String) throws -> JournalLock {
        do throws(JournalFault) {
            let served = try Displacement.refuseLoss(in: path)
            let lock = try JournalLock(directory: path)
            for file in served { FileCalls.remove(file) }
            return lock
        } catch { throw CommandFailure(error, configured: path) }
    }

    func open(_ settings: Settings, _ notifier: Notifier, _ logger: Logger) throws -> any OpenLedger {
        let lock = try lock ?? Self.lock(path)
        let ledger = try recover(settings, notifier, lock)
        ledger.recovered.log(logger)
        if let warning = Displacement.warning(of: path) { logger.warning("\(warning)") }
        return OpenFileLedger(lock, ledger, logger)
    }

    private func recover(_ settings: Settings, _ notifier: Notifier, _ lock: JournalLock) throws -> FileLedger {
        do {
            let disk: DirectoryDisk
            do { disk = try DirectoryDisk(path: path, lock: lock) } catch { throw JournalFault.system(error) }
            var options = Journal.Options(settings)
            options.isRestored = start.isRestored
            options.adoptsClient = start.adoptsClient
            return try FileLedger(
                disk, .init(settings), journal: options, randomID: RandomID.make(),
                seed: .random(in: 0 ... .max),
                progress: { bytes in
                    // Each step asks for half a minute more: a long recovery is no hung start.
                    notifier.send(
                        .extendTimeout(.seconds(30)), .status("recovering the journal, \(bytes >> 20) MiB read"))
                })
        } catch let fault as JournalFault {
            throw CommandFailure(fault, configured: path)
        }
    }
}

/// The ledger in files: this process alone has it, so it decides as long as it runs.
private final class OpenFileLedger: OpenLedger {
    private let lock: JournalLock
    private let ledger: FileLedger
    private let checkpointer: Checkpointer<Journal>
    private let keeper: JournalKeeper
    private let scrubbing: JournalScrub
    private let logger: Logger

    init(_ lock: JournalLock, _ ledger: FileLedger, _ logger: Logger) {
        self.lock = lock
        self.ledger = ledger
        checkpointer = Checkpointer(ledger)
        keeper = JournalKeeper(ledger) { $0.log(logger) }
        scrubbing = JournalScrub(ledger)
        self.logger = logger
    }

    var reports: any ReportLedger { ledger }
    var records: any RecordLedger { ledger }
    var failure: String? { ledger.failure }
    var room: LedgerRoom? { ledger.room }
    var writeFailures: [String: Int]? {
        Dictionary(uniqueKeysWithValues: ledger.writeFailures.counts.map { (SystemError.name(of: $0), $1) })
    }
    var restore: Record.Restore? { ledger.journal.restore }
    var scrub: ScrubStatus? { scrubbing.status }
    var slowCommitCount: Int { ledger.slowCommitCount }
    var adviceWhenSlow: String { "look for what else uses the disk, and whether it is failing" }
    var holdsCaller: Bool { ledger.holdsCaller }
    func makesProgress(within limit: Duration) -> Bool { ledger.makesProgress(within: limit) }
    var isWaiting: Bool { false }
    var cluster: ClusterStatus? { nil }

    func begin(_ settings: Settings, _ handler: @escaping @Sendable (DecidingEvent) async -> Void) async {
        await handler(.began(ledger))
        keeper.update(keep: settings.journalKeep)
        keeper.watch()
        updateScrub(settings)
    }

    private func updateScrub(_ settings: Settings) {
        do { try scrubbing.update(round: settings.scrub) } catch {
            logger.warning("the journal is not read at rest, since no thread could be started: \(error)")
        }
    }

    func handOver(_ command: Command) async throws -> CommandAnswer? { nil }

    func updateAccess(_ settings: Settings) {}

    func update(_ settings: Settings) {
        ledger.update(.init(settings))
        keeper.update(keep: settings.journalKeep)
        updateScrub(settings)
    }

    // The journal leaves one by itself.
    func leaveWitness() {}

    func end() async {
        scrubbing.stop()
        keeper.stop()
        await ledger.checkpoint()
        ledger.close()
    }
}

extension Journal.Recovered {
    fileprivate func log(_ logger: Logger) {
        if let (restore, copy) = restore { restore.log(copy, logger) }
        logAdoption(logger)
        if let tail = tornTail, tail.bytes == 0 {
            logger.notice(
                "\(tail.segment) was created and nothing written to it when the last run ended; it is used now")
        } else if let tail = tornTail {
            let copy = tail.copy.map { ", kept in \($0)" } ?? ""
            let fault = tail.fault.map { ": \($0)" } ?? ""
            logger.warning(
                "torn tail: \(tail.bytes) bytes cut from \(tail.segment) at byte \(tail.offset)\(copy)\(fault)")
        }
        logger.info("journal recovered: \(records) records, \(rewrittenBytes) unproven bytes rewritten")
    }

    /// Tells of a client id that the journal has adopted.
    func logAdoption(_ logger: Logger) {
        guard let formerClient else { return }
        logger.notice(
            """
            the journal belongs to the configured client id from now on, no longer to "\(formerClient)": --adopt-client has done its \
            work, start without it from now on
            """)
    }
}

extension Record.Restore {
    func log(_ copy: CopiedJournal.Report?, _ logger: Logger) {
        logger.warning(
            """
            the journal was restored: its last record was \(after) of \(UTCTime(nanoseconds: point).iso8601()), and it goes on with record \
            \(nextSeq), behind every number that was given out since. The first listing of all payments finds what has changed since
            """)
        guard let copy else { return }
        if copy.claimed > after {
            logger.warning(
                """
                there were records up to \(copy.claimed) or later when the copy was made: those behind \(after) are not in it
                """)
        }
        for missing in copy.missing {
            logger.warning(
                """
                records \(missing.lowerBound) to \(missing.upperBound) are not in the copy: they were pruned while it was made, or \
                were left out of it. What the API says of their payments counts
                """)
        }
        if !copy.kept.isEmpty {
            logger.warning("what stood behind the end of the copy is kept in \(copy.kept.joined(separator: ", "))")
        }
    }
}

extension JournalKeeper.Event {
    fileprivate func log(_ logger: Logger) {
        switch self {
        case .pruned(let report):
            report.log(logger, tellsOfHold: true)
        case .dropped(let report):
            logger.notice(
                """
                the disk runs low: \(report.segments.count) segments dropped that held nothing but reports that were refuted or \
                told nothing: \(report.records) records, \(report.bytes) bytes
                """
            )
        case .compacted(let report):
            logger.notice(
                """
                the disk runs low: \(report.segments.count) segments compacted, without reports that have been answered: \
                \(report.records) records, \(report.bytes) bytes
                """
            )
        case .low(let space, let heldBy):
            logger.warning(
                """
                \(space), and nothing of the journal could be dropped: \(heldBy). With half of that, reports are answered 503. \
                Make room on the disk, or have old settled segments dropped with ECRYPTOPAY_JOURNAL_KEEP or "ecryptopayd journal \
                prune"
                """)
        case .failed(let fault): logger.warning("segments stay, since they cannot be dropped: \(fault)")
        }
    }
}
