import CivilTime
import JSON
import Payments

/// A payment as the stand-in keeps it, with all its past, since a lagging read shows an old version.
struct SandboxPayment: Hashable, Sendable {
    /// What a payment was from a point in time on.
    struct Version: Hashable, Sendable {
        let state: String
        /// Nanoseconds since 1970.
        let since: Int64
    }

    let id: PaymentID
    let amount: Amount
    let currency: String
    /// Never empty; the first is the creation.
    private(set) var versions: [Version]

    /// A new payment. The documentation names no states: `pending` is this sandbox's own.
    init(id: PaymentID, amount: Amount, currency: String, now: Int64) {
        self.init(id: id, amount: amount, currency: currency, versions: [Version(state: "pending", since: now)])
    }

    init(id: PaymentID, amount: Amount, currency: String, versions: [Version]) {
        precondition(!versions.isEmpty, "a payment has been created")
        self.id = id
        self.amount = amount
        self.currency = currency
        self.versions = versions
    }

    mutating func move(to state: String, now: Int64) {
        versions.append(Version(state: state, since: now))
    }

    /// What it was then, or nil when it did not exist yet.
    func version(at time: Int64) -> Version? { versions.last { $0.since <= time } }

    var current: Version { versions[versions.count - 1] }

    /// The documented members in the documented order, written as Rails does.
    ///
    /// - Parameters:
    ///   - state: left out of the answer to a creation.
    ///   - amount: another one than the payment's own is a fault.
    ///   - qrImagePath: only a single payment has one.
    func json(
        state: String?, updatedAt: Int64, amount: Amount, currencyAmount: Amount, qrImagePath: String?
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("id", .integer(id)), .init("currency", .string(currency)),
            .init("amount", .string(Self.rails(amount))),
            .init("created_at", .string(UTCTime(nanoseconds: versions[0].since).iso8601())),
            .init("updated_at", .string(UTCTime(nanoseconds: updatedAt).iso8601())),
        ]
        if let state { members.append(.init("state", .string(state))) }
        members.append(.init("currency_amount", .string(Self.rails(currencyAmount))))
        if let qrImagePath { members.append(.init("qr_image_path", .string(qrImagePath))) }
        return .object(members)
    }

    /// A BigDecimal in JSON: at least one digit behind the point.
    private static func rails(_ amount: Amount) -> String {
        let text = "\(amount)"
        return text.contains(".") ? text : text + ".0"
    }
}
