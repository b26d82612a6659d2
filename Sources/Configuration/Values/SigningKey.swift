/// The key that deliveries are signed with, as Standard Webhooks has it: `whsec_` and 24 to 64 bytes in base64.
package struct SigningKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The key's bytes.
    package let exposed: [UInt8]

    /// Not the key.
    package var description: String { "(set)" }

    /// Not the key.
    package var debugDescription: String { "(set)" }

    /// Without children, so that `dump` shows no more.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension ValueKind<SigningKey> {
    /// A key to sign with.
    static var signingKey: Self { ValueKind(parse: SigningKey.parse, shown: { $0.description }) }
}

extension SigningKey {
    @Sendable fileprivate static func parse(_ text: String) throws(ValueFault) -> SigningKey {
        let hint = "write whsec_ and what \"openssl rand -base64 32\" prints"
        guard text.hasPrefix("whsec_") else {
            throw ValueFault(problem: "does not begin with whsec_", hint: hint, showsValue: false)
        }
        guard let key = base64(text.dropFirst(6).utf8) else {
            throw ValueFault(problem: "is not base64 behind whsec_", hint: hint, showsValue: false)
        }
        guard (24...64).contains(key.count) else {
            throw ValueFault(problem: "has \(key.count) bytes, not 24 to 64", hint: hint, showsValue: false)
        }
        return SigningKey(exposed: key)
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
