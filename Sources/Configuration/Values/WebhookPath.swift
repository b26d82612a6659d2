import HTTP1

/// A path at which webhooks are accepted. Whoever knows it can send forged reports, so it is shown redacted.
package struct WebhookPath: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The path itself, as it stands in a request line.
    package let exposed: String

    /// The one in force when none is configured. It is public, hence no secret.
    package static let standard = WebhookPath(exposed: "/webhooks/ecryptopay")

    /// At most its first segment, when that is plainly a word and not all there is: `/webhooks/…`.
    package var description: String {
        if self == .standard { return exposed }
        let segments = exposed.split(separator: "/")
        guard segments.count > 1, let first = segments.first, first.utf8.count <= 12,
            first.utf8.allSatisfy(\.isLowercaseLetter)
        else { return "/…" }
        return "/\(first)/…"
    }

    /// The redacted form.
    package var debugDescription: String { description }

    /// Without children, so that `dump` shows no more.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether someone could find it by trying: its last segment has fewer than 16 letters and digits, or looks like words.
    package var isGuessable: Bool {
        let last = exposed.split(separator: "/").last ?? ""
        let characters = last.utf8.filter { $0.isLetter || $0.isDigit }
        // Sixteen hex digits at random have eight different ones nearly always, and digits or both cases among them.
        let isMixed =
            characters.contains(where: \.isLetter)
            && (characters.contains(where: \.isDigit)
                || (characters.contains(where: \.isLowercaseLetter) && characters.contains(where: \.isUppercaseLetter)))
        return characters.count < 16 || Set(characters).count < 8 || !isMixed
    }
}

extension ValueKind<WebhookPath> {
    /// A path, fit to be compared byte by byte with that of a request.
    static var webhookPath: Self { ValueKind(parse: WebhookPath.parse, shown: { $0.description }) }
}

extension WebhookPath {
    @Sendable fileprivate static func parse(_ text: String) throws(ValueFault) -> WebhookPath {
        guard text.hasPrefix("/") else {
            throw ValueFault(problem: "does not begin with a slash", hint: "write /webhooks/ and a random part")
        }
        guard !text.contains("?"), !text.contains("#") else {
            throw ValueFault(problem: "has a query or fragment", hint: "write the path only")
        }
        guard PercentEncoding.isPath(text) else {
            throw ValueFault(
                problem: "has characters that do not belong into a path", hint: "use letters, digits, - and _")
        }
        guard !text.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw ValueFault(
                problem: "has a segment of dots, which proxies rewrite", hint: "write the path without it")
        }
        guard text != "/healthz" else {
            throw ValueFault(problem: "is the path of the health check", hint: "choose another")
        }
        guard text.utf8.count <= 1024 else {
            throw ValueFault(problem: "is longer than 1024 bytes", hint: "choose a shorter one")
        }
        return WebhookPath(exposed: text)
    }
}
