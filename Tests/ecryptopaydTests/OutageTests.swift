import ECryptoPay
import Ledger
import Testing

@testable import ecryptopayd

struct OutageTests {
    private func error(_ kind: APIError.Kind, retryAfter: Duration? = nil) -> APIError {
        APIError(kind: kind, method: "GET", path: "/payments/1", detail: "detail", retryAfter: retryAfter)
    }

    @Test func `pauses grow up to a quarter of an hour, and begin anew after an answer`() {
        var random = SplitMix64(seed: 1)
        var outage = Outage()
        let pauses = (0..<60).compactMap { _ in outage.fail(error(.timeout), using: &random)?.pause }
        #expect(pauses.count == 60)
        #expect(pauses.allSatisfy { (.milliseconds(100)...RetrySchedule.longest).contains($0) })
        #expect(pauses.prefix(3).allSatisfy { $0 <= .seconds(4) })
        #expect(pauses.suffix(40).contains { $0 > .seconds(300) })
        let isOver = outage.end()
        #expect(isOver)
        let first = outage.fail(error(.timeout), using: &random)
        #expect(first.map { $0.pause <= .seconds(1) } == true)
    }

    @Test func `Retry-After lengthens a pause, a quarter of an hour at most`() {
        var random = SplitMix64(seed: 1)
        for (asked, pause) in [(30, 30), (3_600, 900)] as [(Int64, Int64)] {
            var outage = Outage()
            let step = outage.fail(error(.status(503), retryAfter: .seconds(asked)), using: &random)
            #expect(step?.pause == .seconds(pause))
            #expect(step?.message?.hasSuffix("asking again in \(pause) s") == true)
        }
    }

    @Test func `a failure is told once as long as it is the same`() {
        var random = SplitMix64(seed: 1)
        var outage = Outage()
        let messages = [.timeout, .timeout, .status(502), .status(502), .dns].map { (kind: APIError.Kind) in
            outage.fail(error(kind), using: &random)?.message != nil
        }
        #expect(messages == [true, false, true, false, true])
        let ends = [outage.end(), outage.end()]
        #expect(ends == [true, false])
    }

    @Test func `errors that may pass are waited for, and others are not`() {
        var random = SplitMix64(seed: 1)
        var outage = Outage()
        let passing: [APIError.Kind] = [
            .dns, .connect, .timeout, .connectionLost, .malformedAnswer, .other, .undecodable, .wrongID(2),
            .tooLarge(limit: 1), .tls(.expired), .tls(.unknownAuthority), .status(429), .status(500), .status(503),
        ]
        for kind in passing {
            let step = outage.fail(error(kind), using: &random)
            #expect(step != nil, "\(kind)")
        }
        let lasting: [APIError.Kind] = [
            .invalidRequest, .credentialsRefused, .cancelled, .tls(.authorityFile), .status(301), .status(401),
            .status(403), .status(404), .status(410),
        ]
        for kind in lasting {
            let step = outage.fail(error(kind), using: &random)
            #expect(step == nil, "\(kind)")
        }
    }
}
