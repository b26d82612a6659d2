import HTTP1
import JSON
import Ledger
import Testing

@testable import Admin

/// What an operator is told when the shop gets nothing.
struct DeliveryProblemTests {
    private static let minute: Int64 = 60_000_000_000

    /// A daemon that is well, an hour after its start, but for this.
    private func status(
        _ endpoints: [EndpointStatus] = [], undelivered: UndeliveredRecords? = nil, since: Int64? = nil
    ) -> DaemonStatus {
        .test(endpoints: endpoints, undelivered: undelivered, undeliveredSince: since)
    }

    private func failing(forMinutes minutes: Int64, waiting: Int = 3, isStopped: Bool = false) -> EndpointStatus {
        EndpointStatus(
            name: "https://shop.example/hook", waiting: waiting, isStopped: isStopped,
            failing: EndpointFailing(since: (60 - minutes) * Self.minute, error: "HTTP 500"))
    }

    @Test func `an endpoint that has taken nothing for longer than a quarter of an hour is a problem`() throws {
        #expect(status([failing(forMinutes: 15)]).problems == [])
        let problem = try #require(status([failing(forMinutes: 16)]).problems.first)
        #expect(
            problem.hasPrefix("https://shop.example/hook has taken no delivery for 16 min, 3 wait for it: HTTP 500; "))
        #expect(status([failing(forMinutes: 16, waiting: 0)]).problems == [], "what was given up is another problem")
        let stopped = status([failing(forMinutes: 16, isStopped: true)]).problems
        #expect(stopped.count == 1 && stopped[0].contains("410 Gone"))
    }

    @Test func `what was given up is a problem, with the command that mends it`() {
        let undelivered = UndeliveredRecords(count: 3, oldest: 7)
        let told = status(undelivered: undelivered, since: Self.minute).problems
        #expect(told.count == 1)
        #expect(told.first?.contains("not delivered since: 3; ") == true)
        #expect(told.first?.contains(#""ecryptopayd replay --since 1970-01-01T00:01:00Z""#) == true)
        #expect(
            status(undelivered: undelivered).problems.first?.contains(#""ecryptopayd replay --since TIME""#) == true)
    }

    @Test func `status tells since when an endpoint fails, and why`() throws {
        let answer = StatusAnswer.response(status([failing(forMinutes: 1)]))
        let endpoint = try #require(try JSONValue(parsing: answer.body)["endpoints"]?.array?.first)
        #expect(endpoint["failing_since"]?.string == "1970-01-01T00:59:00Z")
        #expect(endpoint["last_error"]?.string == "HTTP 500")
    }
}
