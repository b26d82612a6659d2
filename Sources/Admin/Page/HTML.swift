/// HTML that is well-formed by construction: every text that goes in is escaped, unless this program has written it.
struct HTML: CustomStringConvertible {
    /// The markup.
    private(set) var description: String

    /// Markup of this program's own.
    init(markup: StaticString) { description = "\(markup)" }

    private init(unchecked: String) { description = unchecked }

    /// Text, escaped for content and for attributes.
    static func text(_ text: String) -> HTML {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return HTML(unchecked: escaped)
    }

    /// An element around others; names are this program's own.
    static func element(
        _ name: StaticString, _ attributes: [(String, String)] = [], _ content: [HTML] = []
    ) -> HTML {
        var markup = "<\(name)"
        for (attribute, value) in attributes { markup += " \(attribute)=\"\(text(value).description)\"" }
        markup += ">"
        for part in content { markup += part.description }
        return HTML(unchecked: markup + "</\(name)>")
    }

    /// An element around a text.
    static func element(
        _ name: StaticString, _ attributes: [(String, String)] = [], _ content: String
    ) -> HTML {
        element(name, attributes, [text(content)])
    }
}
