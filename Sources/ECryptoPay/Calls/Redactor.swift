import CCurl
import JSON

/// Takes secrets out of what a server sent, in case it repeats them.
struct Redactor: Sendable {
    private let secrets: [[UInt8]]

    /// Each secret is looked for as it is, as JSON and HTML escape it, and percent-encoded.
    init(_ secrets: [String]) {
        var forms: Set<[UInt8]> = []
        for secret in secrets where !secret.isEmpty {
            let bytes = Array(secret.utf8)
            forms.insert(bytes)
            forms.insert(Array(JSONString.quoted(secret).utf8.dropFirst().dropLast()))
            forms.insert(bytes.flatMap(Self.htmlEscaped))
            if let encoded = Self.percentEncoded(secret) { forms.insert(encoded) }
        }
        // The longest first: a secret may be part of another.
        self.secrets = forms.sorted { $0.count > $1.count }
    }

    /// The text with every secret replaced.
    func redacted(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for secret in secrets { bytes.replace(secret, with: "[redacted]".utf8) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func htmlEscaped(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "&"): Array("&amp;".utf8)
        case UInt8(ascii: "<"): Array("&lt;".utf8)
        case UInt8(ascii: ">"): Array("&gt;".utf8)
        case UInt8(ascii: "\""): Array("&quot;".utf8)
        case UInt8(ascii: "'"): Array("&#39;".utf8)
        default: [byte]
        }
    }

    /// By libcurl: HTTP1 is none of this library's.
    private static func percentEncoded(_ secret: String) -> [UInt8]? {
        guard let text = curl_easy_escape(nil, secret, CInt(secret.utf8.count)) else { return nil }
        defer { curl_free(text) }
        return Array(String(cString: text).utf8)
    }
}
