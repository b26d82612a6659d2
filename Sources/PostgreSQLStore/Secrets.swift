#if PostgreSQL
    /// What must not show in any message, and the blanking of it.
    struct Secrets: Hashable, Sendable {
        /// Longest first, so that a secret that holds another goes as a whole.
        private let values: [String]

        /// Takes the secrets as they are and as a URL would spell them; empty ones are none.
        init(_ values: some Sequence<String>) {
            let all = Set(values.flatMap { [$0, Self.percentEncoded($0)] }.filter { !$0.isEmpty })
            self.values = all.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        }

        /// The text with `***` in the place of each secret.
        func redact(_ text: String) -> String {
            var bytes = Array(text.utf8)
            for value in values { bytes = Self.replace(Array(value.utf8), in: bytes) }
            return String(decoding: bytes, as: UTF8.self)
        }

        private static func replace(_ secret: [UInt8], in text: [UInt8]) -> [UInt8] {
            var result: [UInt8] = []
            var index = 0
            while index < text.count {
                if text[index...].starts(with: secret) {
                    result += Array("***".utf8)
                    index += secret.count
                } else {
                    result.append(text[index])
                    index += 1
                }
            }
            return result
        }

        private static func percentEncoded(_ text: String) -> String {
            let digits = Array("0123456789ABCDEF".utf8)
            var bytes: [UInt8] = []
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"):
                    bytes.append(byte)
                default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
#endif
