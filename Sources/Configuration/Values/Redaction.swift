/// Whether a text that somebody wrote as a value or an argument may be shown. It may hold a password although nothing should be secret
/// there: a URL with a typing mistake, or the right value of another key.
package enum Redaction {
    /// Whether the text looks as if a password stood in it: `:…@`, or what signing keys and connection strings have.
    package static func holdsPassword(_ text: String) -> Bool {
        let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        if let colon = rest.firstIndex(of: ":"), rest[colon...].contains("@") { return true }
        // libpq takes spaces around the sign of equality.
        let lowercased = text.lowercased().filter { !$0.isWhitespace }
        return ["password=", "passwd=", "secret=", "whsec_"].contains { lowercased.contains($0) }
    }

    /// The same, or it looks like a URL, also like one that lacks its colon or a slash.
    package static func isDue(_ text: String) -> Bool {
        if text.contains("://") || holdsPassword(text) { return true }
        let scheme = text.prefix { $0.isLetter }
        guard DatabaseURL.schemes.union(["http", "https"]).contains(scheme.lowercased()) else { return false }
        let rest = text[scheme.endIndex...]
        return rest.hasPrefix(":") || rest.hasPrefix("//")
    }
}
