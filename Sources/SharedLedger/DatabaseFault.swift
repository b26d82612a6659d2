/// Why a database did not do what it was asked, as far as that decides what comes next.
public struct DatabaseFault: Error, Hashable, Sendable {
    /// What kind of fault it is.
    public enum Kind: Hashable, Sendable {
        /// Nobody answers at the address, or the connection broke.
        case unreachable
        /// The server takes no connection now: it starts, stops, or has too many.
        case refused
        /// The server does not write: it is a standby.
        case readOnly
        /// Another transaction stood in the way; the same again may succeed (`40001`, `40P01`).
        case conflict
        /// A lock was not granted in time (`55P03`).
        case lockTimeout
        /// The server's disk is full (`53100`).
        case full
        /// The password, or the way of proving who one is.
        case authentication
        /// The database, a privilege or a setting: waiting does not mend it.
        case configuration
        /// The tables are not those that this program knows.
        case schema
        /// No answer came in time.
        case deadline
        /// Anything else.
        case failed
    }

    /// What kind.
    public let kind: Kind
    /// In words for an operator, without secrets.
    public let message: String

    /// Joins both.
    public init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }
}

extension DatabaseFault: CustomStringConvertible {
    /// The words.
    public var description: String { message }
}
