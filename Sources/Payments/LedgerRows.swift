/// The state, or what it says of some payments, as rows of tables.
public struct LedgerRows: Hashable, Sendable {
    /// What was last confirmed of a payment.
    public struct Known: Hashable, Sendable {
        /// The payment.
        public var payment: PaymentID
        /// The record that confirmed it.
        public var seq: Int64
        /// Over state, amount and currency.
        public var fingerprint: Int64
        /// Nanoseconds since 1970; `Int64.min` when the answer had no readable time.
        public var updatedAt: Int64

        /// Sets all of them.
        public init(payment: PaymentID, seq: Int64, fingerprint: Int64, updatedAt: Int64) {
            self.payment = payment
            self.seq = seq
            self.fingerprint = fingerprint
            self.updatedAt = updatedAt
        }
    }

    /// A report that is not settled.
    public struct Waiting: Hashable, Sendable {
        /// The payment.
        public var payment: PaymentID
        /// Its record.
        public var seq: Int64
        /// Equal for reports that say the same.
        public var fingerprint: Int64
        /// Whether it was set aside as unknown for too long.
        public var isAside: Bool

        /// Sets all of them.
        public init(payment: PaymentID, seq: Int64, fingerprint: Int64, isAside: Bool) {
            self.payment = payment
            self.seq = seq
            self.fingerprint = fingerprint
            self.isAside = isAside
        }
    }

    /// Where news go.
    public struct Endpoint: Hashable, Sendable {
        /// Its name, without secrets.
        public var name: String
        /// The record that named it: what stands before was not meant for it.
        public var since: Int64
        /// Whether it still is one.
        public var isConfigured: Bool

        /// Sets all of them.
        public init(name: String, since: Int64, isConfigured: Bool) {
            self.name = name
            self.since = since
            self.isConfigured = isConfigured
        }
    }

    /// A record that an endpoint has not got yet.
    public struct Delivery: Hashable, Sendable {
        /// The endpoint's name.
        public var endpoint: String
        /// The payment.
        public var payment: PaymentID
        /// The record.
        public var seq: Int64

        /// Sets all of them.
        public init(endpoint: String, payment: PaymentID, seq: Int64) {
            self.endpoint = endpoint
            self.payment = payment
            self.seq = seq
        }
    }

    /// The counts that a snapshot begins with, in its order; empty for a ledger in which nothing has been folded.
    public var counts: [Int64] = []
    /// What is known.
    public var known: [Known] = []
    /// What waits, the reports of each payment in the order they came.
    public var waiting: [Waiting] = []
    /// All endpoints.
    public var endpoints: [Endpoint] = []
    /// What they have not got yet.
    public var deliveries: [Delivery] = []

    /// None.
    public init() {}
}
