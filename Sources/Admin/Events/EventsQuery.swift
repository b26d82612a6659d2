import HTTP1
import JournalFormat

/// What `/events` is asked for.
struct EventsQuery: Hashable {
    /// What is wrong with a query, and what it should be.
    struct Fault: Error, Hashable {
        let detail: String
        /// Whether it names a record behind the last one.
        var isBeyond = false
    }

    /// Begins behind this record.
    let after: Int64
    /// Only records of these kinds; none for all. Lines that tell of records that do not come, `pruned` and `damaged`, come in any case.
    let kinds: Set<String>

    /// Reads what follows the question mark. Without `after` it begins behind the last record, `durable`.
    ///
    /// A number beyond that is refused, not waited for: whoever has seen such a record has seen it in another journal, and
    /// would miss what comes until then.
    init(_ query: ArraySlice<UInt8>?, durable: Int64) throws(Fault) {
        var after: Int64?
        var kinds: Set<String> = []
        for pair in (query ?? []).split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? Self.decoded(parts[1]) : ""
            switch Self.decoded(parts[0]) {
            case "after":
                if after != nil { throw Fault(detail: "\"after\" stands there twice.") }
                after = try Self.sequence(value, durable)
            case "kind":
                for kind in value.split(separator: ",", omittingEmptySubsequences: false) {
                    guard Record.kinds.contains(String(kind)) else {
                        throw Fault(
                            detail:
                                "There is no kind \"\(kind.prefix(40))\"; there are \(Record.kinds.joined(separator: ", "))."
                        )
                    }
                    kinds.insert(String(kind))
                }
            case let other:
                throw Fault(detail: "There is no \"\(other.prefix(40))\"; \"after\" and \"kind\" may be given.")
            }
        }
        self.after = after ?? durable
        self.kinds = kinds
    }

    /// Without percent-encoding, which the server has found well-formed: many clients encode the comma.
    private static func decoded(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: PercentEncoding.decoded(text) ?? Array(text), as: UTF8.self)
    }

    private static func sequence(_ text: String, _ durable: Int64) throws(Fault) -> Int64 {
        // Digits only: Int64 would take a sign.
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw Fault(detail: "\"after\" is not a record's number: give digits, 0 for all that is there.")
        }
        guard let number = Int64(text), number <= durable else {
            throw Fault(
                detail: """
                    "after" is beyond the last record, which is \(durable): that number is of another journal, or of this one \
                    before it was repaired. Begin with what you have not seen.
                    """, isBeyond: true)
        }
        return number
    }
}
