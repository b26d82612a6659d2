import JSON

/// Finds the sentence for people in an answer that is no success.
///
/// The documentation names no error bodies, so this reads what Rails and Doorkeeper send, and what a proxy in front of
/// them may: JSON of several shapes, an HTML page, plain text, or nothing but a `WWW-Authenticate` field (RFC 6750 3).
package enum ErrorAnswer {
    /// The sentence, or nil when the answer holds none. It is a stranger's text: redact and bound it before showing it.
    ///
    /// - Parameter onlyKnownShapes: leaves out anything but the members that are there to explain the error, for
    ///   answers that may hold secrets nobody knows yet.
    package static func message(_ answer: TransportAnswer, onlyKnownShapes: Bool = false) -> String? {
        if answer.body.isEmpty { return challenge(answer) }
        // A listing gone wrong may be megabytes; no sentence for people is.
        guard answer.body.count <= 64 << 10 else { return "\(answer.body.count) bytes" }
        if let tree = try? JSONValue(parsing: answer.body) {
            return onlyKnownShapes ? explanation(tree) : sentence(tree)
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        if isHTML(answer, text) { return title(text).map { "an HTML page, \"\($0)\"" } ?? "an HTML page" }
        return onlyKnownShapes ? nil : text
    }

    // MARK: JSON

    private static func sentence(_ tree: JSONValue, depth: Int = 0) -> String? {
        if let known = explanation(tree, depth: depth) { return known }
        switch tree {
        case .string(let text): return text
        case .number(let text): return text
        case .array(let values):
            return joined(values.prefix(20).compactMap { depth < 4 ? sentence($0, depth: depth + 1) : nil }, ", ")
        case .object(let members) where depth < 4:
            // `{"amount":["is not a number"]}`, as Rails lists what a record's validation found.
            let parts = members.prefix(20).compactMap { member in
                sentence(member.value, depth: depth + 1).map { text in
                    if case .object = member.value { "\(member.name): \(text)" } else { "\(member.name) \(text)" }
                }
            }
            return joined(parts, "; ")
        default: return nil
        }
    }

    /// The members whose purpose is to explain: RFC 6749 5.2's, Rails' own, and those of RFC 9457.
    private static func explanation(_ tree: JSONValue, depth: Int = 0) -> String? {
        guard depth < 4, case .object = tree else { return nil }
        let texts = ["error", "error_description", "title", "detail", "message"].compactMap { tree[$0]?.string }
        if !texts.isEmpty { return texts.joined(separator: ": ") }
        for name in ["error", "errors"] {
            if let value = tree[name], let text = sentence(value, depth: depth + 1) { return text }
        }
        return nil
    }

    private static func joined(_ parts: [String], _ separator: String) -> String? {
        parts.isEmpty ? nil : parts.joined(separator: separator)
    }

    // MARK: Other shapes

    private static func isHTML(_ answer: TransportAnswer, _ text: String) -> Bool {
        let type = answer.value(of: "Content-Type")?.lowercased() ?? ""
        if type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") { return true }
        let start = text.drop { $0.isWhitespace }.prefix(9).lowercased()
        return start == "<!doctype" || start.hasPrefix("<html")
    }

    private static func title(_ text: String) -> String? {
        for name in ["title", "h1"] {
            guard let open = text.index(ofTag: "<\(name)"), let start = text[open...].firstIndex(of: ">"),
                let end = text[start...].index(ofTag: "</\(name)")
            else { continue }
            let title = unescaped(text[start..<end].dropFirst())
            if !title.allSatisfy(\.isWhitespace) { return title }
        }
        return nil
    }

    /// The five characters that HTML escapes most.
    private static func unescaped(_ text: Substring) -> String {
        let names = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'"]
        var result = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...].dropFirst()
            if let end = rest.prefix(6).firstIndex(of: ";"), let character = names[String(rest[..<end])] {
                result += character
                rest = rest[end...].dropFirst()
            } else {
                result += "&"
            }
        }
        return result + rest
    }

    /// `Bearer error="invalid_token", error_description="The access token was revoked"`.
    private static func challenge(_ answer: TransportAnswer) -> String? {
        guard let field = answer.value(of: "WWW-Authenticate") else { return nil }
        for name in ["error_description", "error"] {
            for part in field.split(separator: "\"", omittingEmptySubsequences: false).adjacentPairs()
            where part.0.hasSuffix("\(name)=") { return String(part.1) }
        }
        return field
    }
}

extension StringProtocol {
    /// Where the tag begins, whatever the case of its letters.
    fileprivate func index(ofTag tag: String) -> Index? {
        indices.first { self[$0...].prefix(tag.count).lowercased() == tag }
    }
}

extension Array {
    fileprivate func adjacentPairs() -> Zip2Sequence<Self, SubSequence> { zip(self, dropFirst()) }
}
