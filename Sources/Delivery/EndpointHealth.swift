import Ledger
import Logging
import Runtime

/// Says that an endpoint does not take deliveries: when that begins, seldom while it lasts, and when it ends.
struct EndpointHealth {
    private let name: String
    private let logger: Logger
    private var fold = LogThrottle()

    init(name: String, logger: Logger) {
        self.name = name
        self.logger = logger
    }

    /// It did not take a record, while so many deliveries wait for it.
    mutating func noteFailure(_ error: String, of seq: Int64, waiting: Int, now: Instant, _ metadata: Logger.Metadata) {
        switch fold.fault(now: now) {
        case .first?:
            logger.warning("\(name) did not take record \(seq), it is sent again: \(error)", metadata: metadata)
        case .still(let duration, let count)?:
            logger.warning(
                """
                \(name) has taken no delivery for \(HumanText.duration(duration.nanoseconds)), in \(count) attempts; \(waiting) \
                wait for it, and are sent again: \(error)
                """, metadata: metadata)
        case nil:
            logger.debug("\(name) did not take record \(seq), it is sent again: \(error)", metadata: metadata)
        }
    }

    /// It took one.
    mutating func noteDelivery(now: Instant) {
        guard let outage = fold.end(now: now) else { return }
        logger.notice("\(name) takes deliveries again after \(HumanText.duration(outage.0.nanoseconds))")
    }
}
