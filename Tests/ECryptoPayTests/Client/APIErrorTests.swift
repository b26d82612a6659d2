import ECryptoPay
import Testing

@Suite struct APIErrorTests {
    private func error(_ kind: APIError.Kind, retryAfter: Duration? = nil) -> APIError {
        APIError(kind: kind, method: "GET", path: "/payments/1", detail: "answered 503: Down", retryAfter: retryAfter)
    }

    @Test func `an error reads as one line`() {
        #expect("\(error(.status(503)))" == "GET /payments/1: answered 503: Down")
        #expect(
            "\(error(.status(503), retryAfter: .seconds(5)))" == "GET /payments/1: answered 503: Down (retry after 5 s)"
        )
    }

    @Test(
        arguments: [
            .dns, .connect, .timeout, .connectionLost, .malformedAnswer, .status(408), .status(429), .status(500),
            .status(503),
        ] as [APIError.Kind])
    func `errors that may pass by themselves are transient`(kind: APIError.Kind) { #expect(error(kind).isTransient) }

    @Test(
        arguments: [
            .status(301), .status(401), .status(404), .status(422), .credentialsRefused, .invalidRequest, .undecodable,
            .wrongID(2), .cancelled, .tls(.wrongName), .tls(.expired), .tooLarge(limit: 1),
        ] as [APIError.Kind])
    func `errors that somebody must mend are not transient`(kind: APIError.Kind) { #expect(!error(kind).isTransient) }
}
