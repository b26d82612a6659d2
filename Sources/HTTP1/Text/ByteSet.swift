/// A set of ASCII characters as two words of bits; a byte above 127 is never a member.
struct ByteSet: Sendable {
    private let low: UInt64
    private let high: UInt64

    init(_ members: String) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for byte in members.utf8 {
            if byte < 64 { low |= 1 &<< UInt64(byte) } else { high |= 1 &<< UInt64(byte - 64) }
        }
        self.low = low
        self.high = high
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        // The masking shift takes the byte modulo 64, which is the bit's place in either word.
        byte < 128 && ((byte < 64 ? low : high) &>> UInt64(byte)) & 1 == 1
    }

    private static let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    /// RFC 3986 section 2.3.
    static let unreserved = alphanumeric + "-._~"
    /// The same, and section 2.2, `sub-delims`.
    private static let unreservedOrDelimiter = unreserved + "!$&'()*+,;="

    /// RFC 9110 section 5.6.2: `tchar`.
    static let token = ByteSet(alphanumeric + "!#$%&'*+-.^_`|~")
    /// RFC 3986 section 3.3: `pchar` but for percent-encoding, and the slash between segments.
    static let path = ByteSet(unreservedOrDelimiter + ":@/")
    /// RFC 3986 section 3.4: `query` but for percent-encoding.
    static let query = ByteSet(unreservedOrDelimiter + ":@/?")
    /// RFC 3986 section 3.2.2: `reg-name` but for percent-encoding; dotted IPv4 addresses are among them.
    static let registeredName = ByteSet(unreservedOrDelimiter)
}
