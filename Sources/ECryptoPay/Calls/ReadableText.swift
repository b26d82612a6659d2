import JSON

/// Makes what a stranger sent fit to stand in one line of a log.
package enum ReadableText {
    /// The text with white space and control characters collapsed to single spaces, at most `limit` characters long.
    ///
    /// Only letters, marks, digits, punctuation, symbols and spaces stay: what steers a terminal, breaks a line or
    /// turns the writing direction does not.
    package static func line(_ text: some StringProtocol, limit: Int) -> String {
        var line = String.UnicodeScalarView()
        var count = 0
        var spacePending = false
        for scalar in text.unicodeScalars {
            guard isVisible(scalar) else {
                spacePending = !line.isEmpty
                continue
            }
            if count >= limit { return String(line) + "…" }
            if spacePending { line.append(" ") }
            spacePending = false
            line.append(scalar)
            count += 1
        }
        return String(line)
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        VisibleText.isVisible(scalar) && scalar.properties.generalCategory != .spaceSeparator
    }
}
