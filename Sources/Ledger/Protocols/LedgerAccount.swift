/// Whose payments a ledger is about: one account at one API.
package struct LedgerAccount: Hashable, Sendable {
    /// The API's host and port.
    package var api: String
    /// The account's client id.
    package var client: String

    package init(api: String, client: String) {
        self.api = api
        self.client = client
    }

    /// Throws when it is another than the one that the ledger is about.
    package func refuse(other: LedgerAccount) throws(OtherAccount) {
        if other.api != api { throw OtherAccount(what: "the API", ledger: api, configured: other.api) }
        if other.client != client {
            throw OtherAccount(what: "the client id", ledger: client, configured: other.client)
        }
    }
}

/// The configuration names another account, or another API, than the one that the ledger is about.
package struct OtherAccount: Error, Hashable, Sendable, CustomStringConvertible {
    /// What differs.
    package let what: String
    /// What the ledger says.
    package let ledger: String
    /// What the configuration says.
    package let configured: String

    /// What is wrong, and how to mend it.
    package var description: String {
        """
        this journal belongs to \(what) "\(ledger)", but the configuration says "\(configured)". Correct the configuration, or \
        name another journal in ECRYPTOPAY_JOURNAL
        """
    }
}
