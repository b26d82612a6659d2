/// When to ask again. Pure: an attempt's number in, a delay out.
package enum RetrySchedule {
    /// After an answer that lags behind a report; when these are used up, the state was never reached.
    package static let lag: [Duration] = [.seconds(5), .seconds(30), .seconds(120), .seconds(600)]

    /// After a 404, 410 or 403: three more looks over two minutes; when these are used up, there is no such payment.
    package static let absence: [Duration] = [.seconds(10), .seconds(30), .seconds(80)]

    /// The longest pause, between failed calls or asked for by `Retry-After`.
    package static let longest: Duration = .seconds(900)

    /// How long an id rests after a fetch that brought no news.
    package static let restWithoutNews: Duration = .seconds(5)

    /// How long an id rests after a refutation: repeating a forged id costs nothing meanwhile.
    package static let restAfterRefutation: Duration = .seconds(30)

    /// After an attempt to deliver that failed, as Standard Webhooks recommends; when these are used up, it is undeliverable. The first is
    /// also the pause after an attempt that says nothing about the endpoint.
    package static let delivery: [Duration] = [
        .seconds(5), .seconds(300), .seconds(1800), .seconds(2 * 3600), .seconds(5 * 3600), .seconds(10 * 3600),
        .seconds(14 * 3600), .seconds(20 * 3600), .seconds(24 * 3600),
    ]

    /// The longest pause that an endpoint may ask for.
    package static let longestDeliveryPause: Duration = .seconds(24 * 3600)

    /// Exponential backoff with full jitter, from 1 s to 15 min: a uniform part of 1 s × 2^`failures`.
    package static func backoff(
        failures: Int, using random: inout some RandomNumberGenerator
    ) -> Duration {
        let ceiling = min(longest.nanoseconds, Int64(1_000_000_000) << Int64(min(max(failures - 1, 0), 20)))
        return .nanoseconds(Int64.random(in: 0...ceiling, using: &random))
    }
}
