package import Ledger
package import Logging
import Runtime

/// Delivers confirmed news to every endpoint, each by itself.
package actor Forwarder {
    /// Where news go, and how.
    package struct Endpoint: Sendable {
        /// What journal, log and status call it: without secrets.
        package let name: String
        /// Brings a delivery there.
        package let sender: any DeliverySender

        package init(name: String, sender: any DeliverySender) {
            self.name = name
            self.sender = sender
        }
    }

    private let ledger: any DeliveryLedger
    private let logger: Logger
    private let scheduler: any Scheduler
    private var endpoints: [Endpoint] = []
    private var forwarders: [EndpointForwarder] = []
    /// The same for whoever announces news.
    private nonisolated let announced = AnnouncementList()

    /// A forwarder without endpoints: ``update(_:)`` brings them.
    package init(ledger: any DeliveryLedger, logger: Logger) {
        self.init(ledger: ledger, logger: logger, on: DispatchScheduler())
    }

    init(ledger: any DeliveryLedger, logger: Logger, on scheduler: any Scheduler) {
        self.ledger = ledger
        self.logger = logger
        self.scheduler = scheduler
        ledger.addObserver(announced)
    }

    /// Delivers to these endpoints from now on. Those that were there before go on where they were, also when they had
    /// answered 410; what waits for others becomes undeliverable.
    package func update(endpoints: [Endpoint]) async throws {
        await stop()
        do {
            let names = endpoints.map(\.name)
            tell(try await scheduler.value { [ledger] in try ledger.configure(endpoints: names) })
            self.endpoints = endpoints
        } catch {
            // Those that were there go on.
            await begin()
            throw error
        }
        await begin()
    }

    private func tell(_ change: EndpointChange) {
        for loss in change.losses {
            logger.error(
                """
                \(loss.endpoint) is not configured any more, and \(loss.count) deliveries that waited for it, from record \
                \(loss.oldest) on, are undeliverable: to have those that are configured get them, run "ecryptopayd replay --since \
                TIME", or "--seq \(loss.oldest)" for that one
                """)
        }
        if let failure = change.failure {
            logger.error(
                """
                not everything that waited for endpoints that are not configured any more could be journaled as undeliverable \
                (\(failure)): the next reload or start does the rest; \(ledger.advice)
                """)
        }
    }

    private func begin() async {
        forwarders = endpoints.map {
            EndpointForwarder(name: $0.name, ledger: ledger, sender: $0.sender, logger: logger, on: scheduler)
        }
        announced.replace(forwarders)
        for forwarder in forwarders { await forwarder.start() }
    }

    /// Breaks off what is under way, and returns when that has ended. It stays queued in the ledger.
    package func stop() async {
        announced.replace([])
        for forwarder in forwarders { await forwarder.stop() }
        forwarders = []
    }
}
