import Admin
import Configuration
import Confirming
import Dispatch
import ECryptoPay
import Glibc
import HTTPServer
import Ledger
import Logging
import POSIX
import Receiver
import Runtime
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
    private let listeners: Listeners
    private let ledger: any OpenLedger
    private let isStopping = Atomic(false)
    private let client: Client
    private let api: MeasuredAPI
    private let health: APIHealth
    private let verdicts = VerdictCounter()
    private let damages: DamageList
    private let figures: DaemonFigures
    private let status: StatusReporter
    private let publicSide: PublicSide
    private let server: HTTPServer
    private let adminSide: AdminSide
    private let adminServer: HTTPServer
    private let events: AsyncStream<Event>
    private let eventSink: AsyncStream<Event>.Continuation
    /// Why what decides could not be started.
    private let failedStart = Mutex<CommandFailure?>(nil)
    private let slowness = Mutex(LogBudget(limit: 10))
    /// What the ledger ended with, if it has failed.
    private let failedWith = Atomic(EIO)

    /// Makes every part; binds and recovers, but serves nobody yet. `reread` reads the configuration anew for a reload.
    init(
        settings: Settings, start: StartOptions = .init(), level: LogLevelControl,
        reread: @escaping @Sendable () throws -> Settings
    ) throws {
        self.settings = Mutex(settings)
        self.level = level
        self.reread = reread
        (events, eventSink) = AsyncStream.makeStream()
        // First, so that a second daemon on the same journal is told just that.
        let form = try settings.storageBackend(start)
        listeners = try Listeners(settings, logger)
        let ledger = try RoomWait.open(form, settings, listeners, notifier, logger)
        self.ledger = ledger
        guard let configuration = Client.Configuration(settings) else {
            throw CommandFailure(.configuration, "no account is configured")
        }
        client = Client(configuration)
        api = MeasuredAPI(client)
        health = APIHealth(logger: logger)
        let webhooks = ReceptionCounter()
        publicSide = PublicSide(
            endpoint: WebhookEndpoint(ledger: ledger.reports, counter: webhooks, logger: logger),
            webhookPaths: settings.webhookPaths.map(\.exposed), unavailability: { ledger.reports.unavailability })
        server = try HTTPServer(
            label: "ecryptopayd.http", options: .init(settings), handler: publicSide, logger: logger)
        damages = DamageList(logger)
        figures = DaemonFigures(
            ledger: ledger, health: health, verdicts: verdicts, webhooks: webhooks, api: api, server: server,
            damages: damages)
        status = StatusReporter(ledger, figures, health, notifier, logger)
        let commands = Commands()
        adminSide = AdminSide(
            Self.operations(ledger, commands, figures),
            feed: EventFeed(ledger.records, damages: damages, logger: logger),
            activity: Activity(ledger.records, damages), token: settings.adminToken?.exposed)
        adminServer = try HTTPServer(
            label: "ecryptopayd.admin", options: .admin, handler: adminSide, logger: logger)
        ledger.reports.addObserver(self)
        ledger.reports.addObserver(verdicts)
        ledger.reports.addObserver(damages)
        commands.perform = { [weak self] in await self?.perform($0) ?? .failed("the program stops") }
    }

    // MARK: Life

    /// Serves until a signal or a failure ends it.
    func run() async throws {
        let signals = Signals(on: .global()) { [eventSink] in eventSink.yield(.signal($0)) }
        defer { signals.cancel() }
        for warning in settings.withLock({ $0.warnings }) { logger.warning("\(warning)") }
        try server.start(listeners.webhook)
        try adminServer.start(listeners.admin)
        await ledger.begin(settings.withLock { $0 }) { [weak self] in await self?.handle($0) }
        if let failure = failedStart.withLock({ $0 }) { throw failure }
        let watchdog = startWatchdog()
        notifier.send(.ready, .status("\(status.line)"))
        logger.notice(
            "listening on \(listeners.webhook.map { "\($0.address)" }.joined(separator: ", "))",
            metadata: EventID.listening.metadata())
        let timer = status.start()
        defer { timer.cancel() }
        for await event in events {
            switch event {
            case .signal(SIGHUP): await reload()
            case .signal(SIGUSR1): _ = await reconcile()
            case .signal, .stopRequested: return try await shutDown()
            case .journalFailed(let reason, let errno): try await fail(reason, errno)
            }
        }
        withExtendedLifetime(watchdog) {}
    }

    /// Asks it to stop, as SIGTERM does; ``run()`` returns when it has.
    func stop() { eventSink.yield(.stopRequested) }

    /// Where it listens.
    var addresses: [SocketAddress] { listeners.webhook.map(\.address) }

    /// Whether the API answers; nil before the first call ended.
    var isAPIReachable: Bool? { health.current.isReachable }

    private func shutDown() async throws {
        notifier.send(.stopping, .status("stopping: \(status.line)"))
        logger.notice("stopping")
        await server.drain(grace: Self.grace)
        await adminServer.drain(grace: .zero)
        isStopping.store(true, ordering: .sequentiallyConsistent)
        await figures.deciding?.stop()
        await ledger.end()
        // Whatever was still on its way must not seem to have arrived.
        if let failure = ledger.failure { throw journalFailure(failure, failedWith.load(ordering: .relaxed)) }
        logger.notice("stopped: \(status.line)", metadata: EventID.stopped.metadata())
    }

    /// After a failed sync nothing is acknowledged any more, and what the disk holds is for the next start to prove.
    private func fail(_ reason: String, _ errno: Int32) async throws {
        let failure = journalFailure(reason, errno)
        ledger.leaveWitness()
        await server.drain(grace: .seconds(1))
        throw failure
    }

    /// Tells systemd; returns what ends the program.
    private func journalFailure(_ reason: String, _ errno: Int32) -> CommandFailure {
        notifier.fail(errno: errno, status: reason)
        return CommandFailure(.inputOutput, "\(reason); hint: \(ledger.reports.advice), then start again", errno: errno)
    }

    /// Lists all payments now, here or on the node that decides; false while a listing is under way.
    @discardableResult
    func reconcile() async -> Bool {
        let began = await perform(.reconcile) == .begun(true)
        logger.notice(began ? "reconciling, as asked for" : "a listing of all payments is under way already")
        return began
    }

    // MARK: Deciding

    /// Whether this process decides has changed, or another node's operator asks for something.
    private func handle(_ event: DecidingEvent) async {
        switch event {
        case .began(let ledger): await beginDeciding(on: ledger)
        case .ended: await endDeciding()
        case .command(let command, let answer):
            Task { answer(await perform(command)) }
        }
    }

    private func beginDeciding(on ledger: any ManagedLedger) async {
        let settings = settings.withLock { $0 }
        if ledger as AnyObject !== self.ledger.reports as AnyObject {
            ledger.addObserver(verdicts)
            ledger.addObserver(damages)
        }
        let deciding = Deciding(ledger, settings, api, health, logger)
        figures.deciding = deciding
        if isStopping.load(ordering: .sequentiallyConsistent) { return }
        do { try await deciding.start(settings) } catch {
            let failure = CommandFailure(
                .inputOutput, "the endpoints of ECRYPTOPAY_FORWARD_URLS could not be journaled: \(error)")
            failedStart.withLock { $0 = failure }
            logger.error("\(failure.message)")
        }
    }

    private func endDeciding() async {
        let deciding = figures.deciding
        figures.deciding = nil
        await deciding?.stop()
    }

    /// Does what an operator asks for, here or on the node that decides.
    private func perform(_ command: Command) async -> CommandAnswer {
        if let deciding = figures.deciding { return await deciding.perform(command) }
        do {
            return try await ledger.handOver(command) ?? .failed("this node begins to decide; try again")
        } catch { return .failed("\(error)") }
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
            // Before anything is written, which may need it; and it does no harm if the rest is refused.
            ledger.updateAccess(new)
            // First of the rest, since it is the one that can fail.
            try await figures.deciding?.update(new)
            client.update(configuration: configuration)
            ledger.update(new)
            publicSide.update(webhookPaths: new.webhookPaths.map(\.exposed))
            adminSide.update(token: new.adminToken?.exposed)
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

    /// What an operator may ask for.
    private static func operations(
        _ ledger: any OpenLedger, _ commands: Commands, _ figures: DaemonFigures
    ) -> AdminSide.Operations {
        AdminSide.Operations(
            unavailability: { ledger.reports.unavailability }, unreadiness: { figures.unreadiness },
            reconcile: { payment in try await commands.reconcile(payment) },
            replay: { try await commands.replay($0, dryRun: $1) }, status: { await figures.status(waiting: $0) })
    }

    // MARK: What systemd hears

    private func startWatchdog() -> Watchdog? {
        guard let interval = Watchdog.interval else { return nil }
        let watchdog = Watchdog(
            interval: interval,
            probes: [
                // It writes the journal itself while the disk is quick: how long that may take is the journal's to say.
                .answers("event loop", on: server.queue) { [ledger] in ledger.holdsCaller },
                WatchdogProbe("journal") { [ledger] in ledger.makesProgress(within: .seconds(30)) },
                WatchdogProbe("confirmer") { [weak self] in
                    guard let self, let confirmer = figures.deciding?.confirmer, !ledger.isWaiting else { return true }
                    // Less than the longest call, with the time-out in force now, is no lack of progress.
                    let patience = max(.seconds(30), settings.withLock { $0.longestCall } + .seconds(10))
                    return confirmer.makesProgress(within: patience)
                },
            ], notifier: notifier, logger: logger)
        watchdog.start()
        return watchdog
    }

    // MARK: LedgerObserver

    func ledgerWasSlow(_ duration: Duration) {
        let now = Instant(nanoseconds: Clock.monotonic())
        // Nobody is told of every slow commit of a flood: the number of them all is in the line.
        guard slowness.withLock({ $0.take(now: now) }) != nil else { return }
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
