import JSON

/// Why a text is not a value of its kind; becomes a `ConfigurationFault` when the key and its source are known.
struct ValueFault: Error, Hashable {
    /// The part at fault, when it is not the whole value. Shown only for keys without secrets.
    var piece: String?
    /// What is wrong with it; holds nothing of the value.
    let problem: String
    /// What to do.
    let hint: String
    /// Whether the value may be shown beside the problem, e.g. not a URL with a password in it.
    var showsValue = true

    /// The problem after the value or piece at fault, or alone when `hidden`.
    func sentence(value: String, hidden: Bool) -> String {
        guard !hidden, showsValue, !Redaction.isDue(value) else { return problem }
        return "\"\(Self.excerpt(piece ?? value))\" \(problem)"
    }

    /// A text fit for a message: on one line, and not endless.
    private static func excerpt(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(80) { VisibleText.append(scalar, to: &shown) }
        return text.unicodeScalars.count > 80 ? shown + "…" : shown
    }
}
