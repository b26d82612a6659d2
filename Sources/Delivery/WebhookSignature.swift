import CCrypto

/// Signs deliveries as Standard Webhooks has it (standardwebhooks.com, version 1): HMAC-SHA256 over id, time and body.
struct WebhookSignature: Sendable {
    private let keys: [[UInt8]]

    /// Each is what stands in base64 behind `whsec_`.
    init(keys: [[UInt8]]) {
        self.keys = keys
    }

    /// The value of `webhook-signature` for a message sent at a time in seconds since 1970: a signature with each key, so that a shop that
    /// knows one of them accepts it.
    func value(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return keys.map { Self.signature(of: signed, $0) }.joined(separator: " ")
    }

    private static func signature(of signed: [UInt8], _ key: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // The call fails for want of memory only.
        let done = HMAC(EVP_sha256(), key, Int32(key.count), signed, signed.count, &digest, &length)
        precondition(done != nil, "libcrypto makes no HMAC")
        return "v1,\(base64(digest.prefix(Int(length))))"
    }

    private static func base64(_ bytes: ArraySlice<UInt8>) -> String {
        // Four characters for three bytes, and a NUL.
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let length = EVP_EncodeBlock(&text, Array(bytes), Int32(bytes.count))
        return String(decoding: text.prefix(Int(length)), as: UTF8.self)
    }
}
