import JSON

/// The name of a member, with a word to tell it from all others of this format: its length and its first seven bytes.
///
/// A start reads millions of names; no string is made for any of them.
struct MemberName: Sendable {
    let text: String
    let key: UInt64

    private init(_ text: String) {
        self.text = text
        key = text.utf8.prefix(7).reduce(UInt64(text.utf8.count)) { $0 << 8 | UInt64($1) }
    }

    /// The word of a name as it stands in a line.
    static func key(of name: JSONToken, in line: Span<UInt8>) -> UInt64 {
        var key = UInt64(name.range.count)
        for index in name.range.prefix(7) { key = key << 8 | UInt64(line[index]) }
        return key
    }

    static let api = MemberName("api")
    static let attempts = MemberName("attempts")
    static let cause = MemberName("cause")
    static let client = MemberName("client")
    static let count = MemberName("count")
    static let current = MemberName("current")
    static let deviations = MemberName("deviations")
    static let endpoint = MemberName("endpoint")
    static let error = MemberName("error")
    static let format = MemberName("format")
    static let journal = MemberName("journal")
    static let kind = MemberName("kind")
    static let news = MemberName("news")
    static let of = MemberName("of")
    static let payment = MemberName("payment")
    static let peer = MemberName("peer")
    static let reason = MemberName("reason")
    static let report = MemberName("report")
    static let status = MemberName("status")
    static let time = MemberName("time")
    static let version = MemberName("version")
}
