import Configuration
import Dispatch
import ECryptoPay
import Glibc
import HTTPServer
import JournalStore
import Logging
import POSIX
import Payments
import Receiver
import ServiceManager
import Synchronization

/// The daemon: every part made, joined, started and stopped, top to bottom.
final class Daemon: LedgerObserver {
    private enum Event: Sendable {
        case signal(Int32)
        case stopRequested
        case journalFailed(reason: String, errno: Int32)
    }

    /// Requests under way get this long when the daemon stops.
    private static let grace: Duration = .seconds(10)

    private let logger = Logger(label: "ecryptopayd")
    private let notifier = Notifier()
    private let level: LogLevelControl
    private let reread: @Sendable () throws -> Settings
    private let settings: Mutex<Settings>
    private let listeners: [ListeningSocket]
    private let adminListeners: [ListeningSocket]
    private let lock: JournalLock
    private let ledger: FileLedger
    private let checkpointer: Checkpointer
    private let keeper: JournalKeeper
    private let client: Client
    private let figures: DaemonFigures
    private let confirmer: Confirmer
    private let reconciler: Reconciler
    private let forwarder: Forwarder
    private let publicSide: PublicSide
    private let server: HTTPServer
    private let adminServer: HTTPServer
    private let events: AsyncStream<Event>
    private let eventSink: AsyncStream<Event>.Continuation
    /// What the ledger ended with, if it has failed.
    private let failedWith = Atomic(EIO)

    /// Makes every part; binds and recovers, but serves nobody yet. `reread` reads the configuration anew for a reload.
    init(
        settings: Settings, level: LogLevelControl, reread: @escaping @Sendable () throws -> Settings
    ) throws {
        self.settings = Mutex(settings)
        self.level = level
        self.reread = reread
        (events, eventSink) = AsyncStream.makeStream()
        // First, so that a second daemon on the same journal is told just that.
        lock = try Self.lock(settings)
        (listeners, adminListeners) = try Self.listen(settings, logger)
        ledger = try Self.recover(settings, notifier, logger)
        checkpointer = Checkpointer(ledger)
        keeper = JournalKeeper(ledger) { [logger] in Self.log($0, logger) }
        guard let configuration = Client.Configuration(settings) else {
            throw CommandFailure(.configuration, "no account is configured")
        }
        client = Client(configuration)
        let api = MeasuredAPI(client)
        confirmer = Confirmer(
            ledger: ledger, api: api, concurrency: settings.confirmConcurrency, logger: logger)
        reconciler = Reconciler(
            ledger: ledger, api: api, health: confirmer.health, interval: settings.reconcileInterval, logger: logger)
        forwarder = Forwarder(ledger: ledger, logger: logger)
        let ledger = ledger
        let webhooks = ReceptionCounter()
        publicSide = PublicSide(
            endpoint: WebhookEndpoint(ledger: ledger, counter: webhooks, logger: logger),
            webhookPaths: settings.webhookPaths.map(\.exposed), unavailability: { ledger.unavailability })
        server = try HTTPServer(
            label: "ecryptopayd.http", options: .init(settings), handler: publicSide, logger: logger)
        figures = DaemonFigures(
            ledger: ledger, confirmer: confirmer, reconciler: reconciler, webhooks: webhooks, api: api, server: server)
        adminServer = try HTTPServer(
            label: "ecryptopayd.admin", options: .admin,
            handler: AdminSide(
                Self.operations(ledger, confirmer, reconciler, figures), feed: EventFeed(ledger, logger: logger),
                activity: Activity(ledger)),
            logger: logger)
        ledger.addObserver(self)
    }

    // MARK: Life

    /// Serves until a signal or a failure ends it.
    func run() async throws {
        let signals = Signals(on: .global()) { [eventSink] in eventSink.yield(.signal($0)) }
        defer { signals.cancel() }
        for warning in settings.withLock({ $0.warnings }) { logger.warning("\(warning)") }
        try server.start(listeners)
        try adminServer.start(adminListeners)
        // Before anything is confirmed: a new endpoint begins with what comes next.
        do { try await forwarder.update(endpoints: settings.withLock { [Forwarder.Endpoint]($0) }) } catch {
            throw CommandFailure(
                .inputOutput, "the endpoints of ECRYPTOPAY_FORWARD_URLS could not be journaled: \(error)")
        }
        await confirmer.start()
        await reconciler.start()
        keeper.update(keep: settings.withLock { $0.journalKeep })
        keeper.watchSpace()
        let watchdog = startWatchdog()
        notifier.send(.ready, .status("\(statusLine)"))
        logger.notice(
            "listening on \(listeners.map { "\($0.address)" }.joined(separator: ", "))",
            metadata: EventID.listening.metadata())
        let status = startStatusTimer()
        defer { status.cancel() }
        for await event in events {
            switch event {
            case .signal(SIGHUP): await reload()
            case .signal(SIGUSR1): await reconcile()
            case .signal, .stopRequested: return try await shutDown()
            case .journalFailed(let reason, let errno): try await fail(reason, errno)
            }
        }
        withExtendedLifetime(watchdog) {}
    }

    /// Asks it to stop, as SIGTERM does; ``run()`` returns when it has.
    func stop() { eventSink.yield(.stopRequested) }

    /// Where it listens.
    var addresses: [SocketAddress] { listeners.map(\.address) }

    /// Whether the API answers; nil before the first call ended.
    var isAPIReachable: Bool? { confirmer.health.current.isReachable }

    private func shutDown() async throws {
        notifier.send(.stopping, .status("stopping: \(statusLine)"))
        logger.notice("stopping")
        await server.drain(grace: Self.grace)
        await adminServer.drain(grace: .zero)
        await reconciler.stop()
        await confirmer.stop()
        await forwarder.stop()
        keeper.stop()
        await ledger.checkpoint()
        ledger.close()
        // Whatever was still on its way must not seem to have arrived.
        if let failure = ledger.failure { throw journalFailure(failure, failedWith.load(ordering: .relaxed)) }
        logger.notice("stopped: \(statusLine)", metadata: EventID.stopped.metadata())
    }

    /// After a failed sync nothing is acknowledged any more, and what the disk holds is for the next start to prove.
    private func fail(_ reason: String, _ errno: Int32) async throws {
        let failure = journalFailure(reason, errno)
        await server.drain(grace: .seconds(1))
        throw failure
    }

    /// Tells systemd; answers what ends the program.
    private func journalFailure(_ reason: String, _ errno: Int32) -> CommandFailure {
        notifier.fail(errno: errno, status: reason)
        return CommandFailure(.inputOutput, "\(reason); \(ledger.advice), then start again", errno: errno)
    }

    /// Lists all payments now; false while a listing is under way.
    @discardableResult
    func reconcile() async -> Bool {
        let began = await reconciler.reconcile()
        logger.notice(began ? "reconciling, as asked for" : "a listing of all payments is under way already")
        return began
    }

    private func reload() async {
        notifier.send(.reloading)
        defer { notifier.send(.ready) }
        do {
            let new = try reread()
            let faults = settings.withLock { new.reloadFaults(from: $0) }
            if !faults.isEmpty { throw ConfigurationFaults(faults) }
            // What a start on this journal would refuse, a reload must not bring in.
            try settings.withLock { try LedgerAccount($0).refuse(other: LedgerAccount(new)) }
            guard let configuration = Client.Configuration(new) else { return }
            // First, since it is the one that can fail: the journal has to take the endpoints.
            try await forwarder.update(endpoints: [Forwarder.Endpoint](new))
            client.update(configuration: configuration)
            await confirmer.update(concurrency: new.confirmConcurrency)
            await reconciler.update(interval: new.reconcileInterval)
            ledger.update(.init(new))
            keeper.update(keep: new.journalKeep)
            publicSide.update(webhookPaths: new.webhookPaths.map(\.exposed))
            server.update(options: .init(new))
            level.level = .init(new.logLevel)
            settings.withLock { $0 = new }
            for warning in new.warnings { logger.warning("\(warning)") }
            logger.notice("configuration reloaded", metadata: EventID.reloaded.metadata())
        } catch let failure as CommandFailure {
            logFailedReload(failure.message)
        } catch {
            logFailedReload("\(error)")
        }
    }

    private func logFailedReload(_ reason: String) {
        logger.error(
            "the old configuration stays in force: \(reason)", metadata: EventID.reloadRefused.metadata())
    }

    // MARK: Start

    /// The public side's sockets and the admin side's: those that systemd passed for a side win over its configured
    /// addresses.
    private static func listen(
        _ settings: Settings, _ logger: Logger
    ) throws -> ([ListeningSocket], [ListeningSocket]) {
        let passed: [ActivatedSocket]
        do { passed = try SocketActivation.receive(names: ["webhook", "admin"]) } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
        func listen(_ key: String, _ addresses: [ListenAddress], _ name: String) throws -> [ListeningSocket] {
            let passed = passed.filter { $0.name == name }
            let sockets = try Self.listen(key, addresses, passed)
            let isSet = settings.origins[key, default: .standard] != .standard
            if isSet, !passed.isEmpty { tellOfUnused(key, addresses, sockets, logger) }
            return sockets
        }
        return (
            try listen("ECRYPTOPAY_LISTEN", settings.listen, "webhook"),
            try listen("ECRYPTOPAY_ADMIN_LISTEN", settings.adminListen, "admin")
        )
    }

    /// Who has changed an address and finds the daemon at the old one should know why.
    private static func tellOfUnused(
        _ key: String, _ addresses: [ListenAddress], _ sockets: [ListeningSocket], _ logger: Logger
    ) {
        if Set(addresses.map { try? $0.socketAddress }) == Set(sockets.map(\.address)) { return }
        let used = sockets.map { "\($0.address)" }.joined(separator: ", ")
        logger.notice(
            """
            \(key) does not count: systemd has passed the socket \(used), which is used; to listen elsewhere, change the socket \
            unit
            """)
    }

    private static func listen(
        _ key: String, _ addresses: [ListenAddress], _ passed: [ActivatedSocket]
    ) throws -> [ListeningSocket] {
        do {
            if !passed.isEmpty { return try passed.map { try ListeningSocket(adopting: $0.descriptor) } }
            return try addresses.map { try ListeningSocket(binding: try $0.socketAddress) }
        } catch let error as SystemError {
            let mend =
                error.errno == EADDRINUSE
                ? "; another program listens there: choose another address in \(key)" : ""
            throw CommandFailure(error.errno == EACCES ? .permission : .unavailable, "cannot listen: \(error)\(mend)")
        }
    }

    /// What an operator may ask for.
    private static func operations(
        _ ledger: any KeptLedger, _ confirmer: Confirmer, _ reconciler: Reconciler, _ figures: DaemonFigures
    ) -> AdminSide.Operations {
        AdminSide.Operations(
            unavailability: { ledger.unavailability },
            unreadiness: { figures.unreadiness },
            reconcile: { payment in
                if let payment { await confirmer.confirm(payment) } else { await reconciler.reconcile() }
            },
            replay: { try await ledger.redeliver($0, dryRun: $1) },
            status: { await figures.status(waiting: $0) })
    }

    private static func lock(_ settings: Settings) throws -> JournalLock {
        do { return try JournalLock(directory: settings.journal) } catch { throw CommandFailure(error, settings) }
    }

    private static func recover(_ settings: Settings, _ notifier: Notifier, _ logger: Logger) throws -> FileLedger {
        do {
            let disk: DirectoryDisk
            do { disk = try DirectoryDisk(path: settings.journal) } catch { throw JournalFault.system(error) }
            let ledger = try FileLedger(
                disk, .init(settings), journal: .init(settings), randomID: RandomID.make(),
                seed: .random(in: 0 ... .max),
                progress: { bytes in
                    // Each step asks for half a minute more: a long recovery is no hung start.
                    notifier.send(
                        .extendTimeout(.seconds(30)), .status("recovering the journal, \(bytes >> 20) MiB read"))
                })
            log(ledger.recovered, logger)
            return ledger
        } catch let fault as JournalFault {
            throw CommandFailure(fault, settings)
        }
    }

    private static func log(_ recovered: Journal.Recovered, _ logger: Logger) {
        if let tail = recovered.tornTail, tail.bytes == 0 {
            logger.notice(
                "\(tail.segment) was created and nothing written to it when the last run ended; it is used now")
        } else if let tail = recovered.tornTail {
            let copy = tail.copy.map { ", kept in \($0)" } ?? ""
            let fault = tail.fault.map { ": \($0)" } ?? ""
            logger.warning(
                "torn tail: \(tail.bytes) bytes cut from \(tail.segment) at byte \(tail.offset)\(copy)\(fault)")
        }
        logger.info(
            "journal recovered: \(recovered.records) records, \(recovered.rewrittenBytes) unproven bytes rewritten")
    }

    private static func log(_ event: JournalKeeper.Event, _ logger: Logger) {
        switch event {
        case .pruned(let report):
            if !report.segments.isEmpty {
                logger.notice(
                    "\(report.segments.count) old segments dropped: \(report.records) records, \(report.bytes) bytes; the last word on \(report.known) payments was kept"
                )
            }
            if let heldBy = report.heldBy { logger.notice("older segments stay because of \(heldBy)") }
        case .dropped(let report):
            logger.notice(
                """
                the disk runs low: \(report.segments.count) segments dropped that held nothing but reports that were refuted or \
                told nothing: \(report.records) records, \(report.bytes) bytes
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

    // MARK: What systemd hears

    private var statusLine: StatusLine {
        StatusLine(
            counts: ledger.counts, isAPIReachable: confirmer.health.current.isReachable,
            unavailability: ledger.unavailability)
    }

    private func startStatusTimer() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
        let last = Mutex((line: "", isAvailable: true))
        timer.schedule(deadline: .now() + .seconds(1), repeating: .seconds(1), leeway: .milliseconds(500))
        timer.setEventHandler { [weak self] in
            guard let self else { return }
            let line = "\(statusLine)"
            let unavailability = ledger.unavailability
            let before = last.withLock { last in
                defer { last = (line, unavailability == nil) }
                return last
            }
            if line != before.line { notifier.send(.status(line)) }
            if (unavailability == nil) != before.isAvailable { logAvailability(unavailability) }
        }
        timer.activate()
        return timer
    }

    private func logAvailability(_ unavailability: String?) {
        if let unavailability {
            logger.error(
                "webhooks are answered 503: \(unavailability)", metadata: EventID.webhooksRefused.metadata())
        } else {
            logger.notice("webhooks are accepted again", metadata: EventID.webhooksAccepted.metadata())
        }
    }

    private func startWatchdog() -> Watchdog? {
        guard let interval = Watchdog.interval else { return nil }
        let watchdog = Watchdog(
            interval: interval,
            probes: [
                // It writes the journal itself while the disk is quick: how long that may take is the journal's to say.
                .answers("event loop", on: server.queue) { [ledger] in ledger.holdsGatherer },
                WatchdogProbe("journal") { [ledger] in ledger.makesProgress(within: .seconds(30)) },
                WatchdogProbe("confirmer") { [confirmer, weak self] in
                    guard let self else { return true }
                    // A call may take a token, the payment, and both again: four time-outs, of those in force now. Less
                    // than that is no lack of progress.
                    let patience = max(.seconds(30), settings.withLock { $0.apiTimeout } * 4 + .seconds(10))
                    return confirmer.makesProgress(within: patience)
                },
            ], notifier: notifier, logger: logger)
        watchdog.start()
        return watchdog
    }

    // MARK: LedgerObserver

    func ledgerDidCommit(upTo position: Int64) {}

    func ledgerDidReject(after position: Int64, reason: String) {}

    func ledgerWasSlow(_ duration: Duration) {
        let milliseconds = duration.nanoseconds / 1_000_000
        logger.warning(
            """
            the journal took \(milliseconds) ms to write and sync (over a second \(ledger.slowCommitCount) times so far): \
            \(ledger.adviceWhenSlow)
            """)
    }

    func ledgerMissedCheckpoint(reason: String) {
        logger.warning(
            """
            no checkpoint could be written (\(reason)): nothing is lost, but the next start has to read the journal from the \
            last checkpoint on, or all of it, and takes longer
            """)
    }

    func ledgerDidFail(reason: String, errno: Int32) {
        failedWith.store(errno, ordering: .relaxed)
        eventSink.yield(.journalFailed(reason: reason, errno: errno))
    }
}

extension CommandFailure {
    /// The exit code that fits a journal that cannot be opened.
    init(_ fault: JournalFault) {
        let status: ExitStatus =
            switch fault {
            case .corruption, .unreadable, .missingSegment, .missingBeginning, .laterFormat, .halfRepaired: .badData
            case .otherAccount: .configuration
            case .locked: .tryAgain
            case .unavailable: .inputOutput
            case .system(let error):
                switch error.errno {
                case EACCES, EPERM: .permission
                case ENOENT, ENOTDIR: .configuration
                default: .inputOutput
                }
            }
        guard case .system(let error) = fault else {
            self.init(status, "\(fault)")
            return
        }
        self.init(status, "the journal cannot be used: \(error); \(error.mendForWriting)", errno: error.errno)
    }

    /// The same for the journal that is configured: a directory that cannot be used names its key.
    init(_ fault: JournalFault, _ settings: Settings) {
        let failure = CommandFailure(fault)
        let journal = "ECRYPTOPAY_JOURNAL=\(settings.journal)"
        let message =
            switch fault {
            case .system(let error): "\(journal) cannot be used: \(error); \(error.mendForWriting)"
            // The messages name files, and this says where those are.
            case .corruption, .unreadable, .missingSegment, .missingBeginning, .laterFormat: "\(journal): \(fault)"
            default: failure.message
            }
        self.init(failure.status, message, errno: failure.errno)
    }
}
