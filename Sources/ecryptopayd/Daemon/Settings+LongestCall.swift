import Configuration

extension Settings {
    /// How long a call of the API may take with all that belongs to it: it may take a token, the payment, and both again, each
    /// up to the time-out.
    var longestCall: Duration { apiTimeout * 4 }
}
