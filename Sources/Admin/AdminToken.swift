import CCrypto
import HTTP1
import Synchronization

/// What whoever asks over TCP must know, if it is configured: there every user of the machine can connect, while a Unix socket has
/// permissions.
final class AdminToken: Sendable {
    private let token: Mutex<[UInt8]?>

    init(_ token: String?) { self.token = Mutex(token.map { Array($0.utf8) }) }

    /// Puts another in its place, or none.
    func replace(_ token: String?) { self.token.withLock { $0 = token.map { Array($0.utf8) } } }

    /// Whether a request has it, or needs none: as a Bearer token (RFC 6750), or, as browsers ask people for it, as the password of any
    /// user (RFC 7617).
    func admits(_ request: Request) -> Bool {
        guard let token = token.withLock({ $0 }) else { return true }
        let words = request.firstValue(of: "Authorization")?.split(separator: UInt8(ascii: " ")) ?? []
        guard words.count == 2 else { return false }
        switch String(decoding: words[0], as: UTF8.self).lowercased() {
        case "bearer": return Self.equal(Array(words[1]), token)
        case "basic":
            let given = Self.decoded(words[1])
            guard let colon = given.firstIndex(of: UInt8(ascii: ":")) else { return false }
            return Self.equal(Array(given[(colon + 1)...]), token)
        default: return false
        }
    }

    static let challenge = Response.problem(
        status: 401,
        detail: "Over TCP this needs the token in ECRYPTOPAY_ADMIN_TOKEN; a browser takes it as the password.",
        fields: [
            ("WWW-Authenticate", #"Bearer realm="ecryptopayd""#),
            ("WWW-Authenticate", #"Basic realm="ecryptopayd", charset="UTF-8""#),
        ])

    /// In a time that tells nothing but the length.
    private static func equal(_ given: [UInt8], _ token: [UInt8]) -> Bool {
        given.count == token.count && CRYPTO_memcmp(given, token, token.count) == 0
    }

    /// Base64 (RFC 4648 section 4); empty for anything else.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3)
        let count = Array(text).withUnsafeBufferPointer { EVP_DecodeBlock(&bytes, $0.baseAddress, Int32($0.count)) }
        // It counts the padding as zero bytes.
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        return Array(bytes.prefix(max(0, Int(count) - padding)))
    }
}
