/// The keys that deliveries are signed with, as Standard Webhooks has it: `whsec_` and 24 to 64 bytes in base64 for each, with spaces
/// between them. All sign, so that one can be replaced by another while a shop knows either.
package struct SigningKeys: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The bytes of each.
    package let exposed: [[UInt8]]

    /// Not the key, but how many there are.
    package var description: String { exposed.count == 1 ? "(set)" : "(\(exposed.count) set)" }

    /// Not the key.
    package var debugDescription: String { "(set)" }

    /// Without children, so that `dump` shows no more.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension ValueKind<SigningKeys> {
    /// A key to sign with.
    static var signingKey: Self { ValueKind(parse: SigningKeys.parse, shown: { $0.description }) }
}

extension SigningKeys {
    @Sendable fileprivate static func parse(_ text: String) throws(ValueFault) -> SigningKeys {
        let words = text.contains { $0 != " " } ? text.split(separator: " ") : [text[...]]
        var keys: [[UInt8]] = []
        for (index, word) in words.enumerated() {
            let key = try parse(word, which: words.count == 1 ? "" : "in secret \(index + 1) ")
            if keys.contains(key) {
                throw ValueFault(
                    problem: "has one secret twice", hint: "write each once; a new one goes before the old one",
                    showsValue: false)
            }
            keys.append(key)
        }
        return SigningKeys(exposed: keys)
    }

    private static func parse(_ text: Substring, which: String) throws(ValueFault) -> [UInt8] {
        func fault(_ problem: String, _ hint: String? = nil) -> ValueFault {
            ValueFault(
                problem: which + problem, hint: hint ?? "write whsec_ and what \"openssl rand -base64 32\" prints",
                showsValue: false)
        }
        guard text.hasPrefix("whsec_") else { throw fault("does not begin with whsec_") }
        let digits = text.dropFirst(6)
        guard let key = base64(digits.utf8) else {
            if digits.contains(where: { $0 == "-" || $0 == "_" }) {
                throw fault("is URL-safe base64 behind whsec_", "write + for each -, and / for each _ behind whsec_")
            }
            let lacking = (4 - digits.utf8.count % 4) % 4
            if (1...2).contains(lacking), base64((digits + String(repeating: "=", count: lacking)).utf8) != nil {
                let padding = String(repeating: "=", count: lacking)
                throw fault("is base64 without its padding behind whsec_", "add \(padding) at its end")
            }
            throw fault("is not base64 behind whsec_")
        }
        guard (24...64).contains(key.count) else { throw fault("has \(key.count) bytes, not 24 to 64") }
        return key
    }

    /// RFC 4648 section 4, with its padding and nothing beside; nil for anything else.
    private static func base64(_ text: some Collection<UInt8>) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        guard text.count % 4 == 0 else { return nil }
        let digits = text.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.count - digits.count
        guard padding <= 2, text.suffix(padding).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
