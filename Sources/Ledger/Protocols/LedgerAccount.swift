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

    /// Throws when it is another than the one that the ledger is about. With `adoptsClient` an operator says that another client id is a new
    /// one of the same account.
    package func refuse(other: LedgerAccount, adoptsClient: Bool = false) throws(OtherAccount) {
        if other.api != api { throw OtherAccount(what: .api, ledger: api, configured: other.api) }
        if other.client != client, !adoptsClient {
            throw OtherAccount(what: .client, ledger: client, configured: other.client)
        }
    }
}

/// The configuration names another account, or another API, than the one that the ledger is about.
package struct OtherAccount: Error, Hashable, Sendable, CustomStringConvertible {
    package enum What: String, Sendable {
        case api = "the API"
        case client = "the client id"
    }

    /// What differs.
    package let what: What
    /// What the ledger says.
    package let ledger: String
    /// What the configuration says.
    package let configured: String

    /// What is wrong.
    package var problem: String {
        """
        this journal belongs to \(what.rawValue) "\(ledger)", but the configuration says "\(configured)"
        """
    }

    /// What to do about it.
    package var hint: String {
        switch what {
        case .api: "correct the configuration, or name another journal in ECRYPTOPAY_JOURNAL"
        case .client:
            """
            if that is a new client id of the same account, start the daemon once with "serve --adopt-client" (under systemd by a \
            drop-in of "systemctl edit --runtime ecryptopayd", see ecryptopayd(8)), which keeps all that is known. If it is another \
            account, correct the configuration, or name another journal in ECRYPTOPAY_JOURNAL
            """
        }
    }

    /// Both.
    package var description: String { "\(problem); hint: \(hint)" }
}
