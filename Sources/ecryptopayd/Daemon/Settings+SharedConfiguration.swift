import Admin
import Configuration

extension Settings {
    /// What must be the same on all nodes that share a ledger: each key with a digest of its value.
    var sharedConfiguration: [String: String] {
        var endpoints = forwardURLs.map(\.exposed)
        if let forwardExec { endpoints.append("exec:\(forwardExec)") }
        return [
            "ECRYPTOPAY_API_URL": digest("\(apiURL)"),
            "ECRYPTOPAY_CLIENT_ID": digest(clientID ?? ""),
            "ECRYPTOPAY_WEBHOOK_PATHS": digest(webhookPaths.map(\.exposed).sorted().joined(separator: "\n")),
            "ECRYPTOPAY_FORWARD_URLS": digest(endpoints.sorted().joined(separator: "\n")),
            "ECRYPTOPAY_FORWARD_SECRET": (forwardSecret?.exposed ?? [[]]).map { SettingDigest.text(of: $0) }.joined(
                separator: " "),
        ]
    }

    private func digest(_ text: String) -> String { SettingDigest.text(of: Array(text.utf8)) }
}
