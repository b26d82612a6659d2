/// Ids that nobody else has.
enum RandomID {
    /// 128 random bits as 32 hexadecimal digits, from the system's generator.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
