import CCrypto

/// Tells values of settings apart without telling them: for nodes that compare theirs, and must not show secrets.
package enum SettingDigest {
    /// The first 64 bits of the value's SHA-256, in hexadecimal.
    package static func text(of value: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let done = EVP_Digest(value, value.count, &digest, &length, EVP_sha256(), nil)
        precondition(done == 1, "libcrypto makes no SHA-256")
        return digest.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
