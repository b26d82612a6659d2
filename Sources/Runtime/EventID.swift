package import Logging

/// Events that an operator may search the system's log for, whatever their wording: `journalctl MESSAGE_ID=…`.
///
/// An id never changes, and never means anything else. ecryptopayd(8) lists them.
package enum EventID: String, CaseIterable, Sendable {
    /// It listens, and accepts webhooks.
    case listening = "cad2531544817f1a542fcdb96b0f980a"
    /// It has stopped, as it was told to.
    case stopped = "a599e35e6c8e3b43df0778474dff263a"
    /// A changed configuration is in force.
    case reloaded = "384af33f6eac7021f2ec387f060c98fe"
    /// A changed configuration was faulty, and the old one stays.
    case reloadRefused = "87d6eed7d81df34c2aedbc6ca2a9651e"
    /// A payment that a webhook, or the operator, had it look up was confirmed.
    case confirmed = "94e5dbdc97fc5fd43b453b679990580a"
    /// A payment was confirmed of which no webhook had told.
    case foundByReconciling = "0e7a532d97a147be76049f8b6ad88b82"
    /// A report was refuted: forged, or mistaken.
    case refuted = "a86de488e4f8478516793b30aa67d511"
    /// Reports were set aside, because the API had not answered for too long.
    case abandoned = "1691461b3e26b2e759dfd4242554a309"
    /// The API does not answer any more, or refuses the account.
    case apiUnreachable = "49c171ade86841c8bf36aa71065fbff5"
    /// The API answers again.
    case apiReachable = "b576c89162ade5a62eab2faaf6910a6b"
    /// Webhooks are answered 503, because they cannot be journaled.
    case webhooksRefused = "6a87c9caf4a17bd1f8e5b2d3b489c677"
    /// Webhooks are accepted again.
    case webhooksAccepted = "0082f2a06de1328b36b26f04e95dbd78"

    /// What a message carries its id in, beside `fields`.
    package func metadata(_ fields: Logger.Metadata = [:]) -> Logger.Metadata {
        fields.merging(["MESSAGE_ID": "\(rawValue)"]) { $1 }
    }
}
