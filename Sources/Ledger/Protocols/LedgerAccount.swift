/// Whose payments a ledger is about: one account at one API.
public struct LedgerAccount: Hashable, Sendable {
    /// The API's host and port.
    public var api: String
    /// The account's client id.
    public var client: String

    /// Joins both.
    public init(api: String, client: String) {
        self.api = api
        self.client = client
    }

    /// Throws when it is another than the one that the ledger is about.
    public func refuse(other: LedgerAccount) throws(OtherAccount) {
        if other.api != api { throw OtherAccount(what: "the API", ledger: api, configured: other.api) }
        if other.client != client {
            throw OtherAccount(what: "the client id", ledger: client, configured: other.client)
        }
    }
}

/// The configuration names another account, or another API, than the one that the ledger is about.
public struct OtherAccount: Error, Hashable, Sendable, CustomStringConvertible {
    /// What differs.
    public let what: String
    /// What the ledger says.
    public let ledger: String
    /// What the configuration says.
    public let configured: String

    /// What is wrong, and how to mend it.
    public var description: String {
        """
        this journal belongs to \(what) "\(ledger)", but the configuration says "\(configured)". Correct the configuration, or \
        name another journal in ECRYPTOPAY_JOURNAL
        """
    }
}
