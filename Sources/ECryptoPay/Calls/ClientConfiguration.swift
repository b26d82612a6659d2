extension Client {
    /// What a client needs to know. Prints without secrets.
    public struct Configuration: Sendable, Hashable {
        /// The address that paths are appended to; a slash at its end makes no difference. `http:` is refused unless
        /// the host is a loopback address.
        public var apiURL: String
        /// The account.
        public var credentials: Credentials
        /// The time for one call but a listing, from resolving the name to the last byte; at least a millisecond, at
        /// most a day.
        public var timeout: Duration
        /// The time for resolving, connecting and the TLS handshake, within `timeout`.
        public var connectTimeout: Duration
        /// The time for a listing of all payments.
        public var listTimeout: Duration
        /// The most bytes that a listing may have, after decompression.
        public var listMaximumBytes: Int
        /// How many calls may be under way at once, beside one listing; further ones wait. Less than 1 is taken for 1.
        public var concurrency: Int
        /// The path of a PEM bundle to trust in place of the system's authorities.
        public var caFile: String?
        /// The value of `User-Agent`.
        public var userAgent: String

        /// The address of the service itself (API documentation, "HTTP Request").
        public static let defaultURL = "https://ecryptopay.com/api/v1"

        /// The service's own address, ten seconds a call, five of them to connect, a minute and 64 MiB for a listing, four
        /// calls at once, the system's authorities.
        public init(
            credentials: Credentials, apiURL: String = defaultURL, timeout: Duration = .seconds(10),
            connectTimeout: Duration = .seconds(5), listTimeout: Duration = .seconds(60),
            listMaximumBytes: Int = 64 << 20, concurrency: Int = 4, caFile: String? = nil,
            userAgent: String = "ecryptopayd"
        ) {
            self.credentials = credentials
            self.apiURL = apiURL
            self.timeout = timeout
            self.connectTimeout = connectTimeout
            self.listTimeout = listTimeout
            self.listMaximumBytes = listMaximumBytes
            self.concurrency = concurrency
            self.caFile = caFile
            self.userAgent = userAgent
        }

        /// The part that only a new set of connections can change.
        var transportOptions: TransportOptions {
            TransportOptions(
                workers: max(1, concurrency), connectTimeout: connectTimeout, caFile: caFile, userAgent: userAgent)
        }
    }
}
