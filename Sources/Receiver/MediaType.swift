/// Whether a Content-Type announces JSON (RFC 9110, section 8.3.1; RFC 6839, section 3.1).
enum MediaType {
    private static let usual = Array("application/json".utf8)

    /// True for `application/json`, `text/json` and every `application/…+json`, whatever their parameters.
    static func isJSON(_ contentType: ArraySlice<UInt8>) -> Bool {
        // As nearly all send it: no string need be made.
        if contentType.elementsEqual(usual) { return true }
        let essence = contentType.prefix { $0 != UInt8(ascii: ";") }
        let text = String(decoding: essence, as: UTF8.self).lowercased().filter { $0 != " " && $0 != "\t" }
        return text == "application/json" || text == "text/json"
            || text.hasPrefix("application/") && text.hasSuffix("+json")
    }
}
