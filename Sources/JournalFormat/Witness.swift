import JSON

/// How far a journal had come, told by a file beside its directory: whoever puts older files into the directory leaves that one as it is.
///
/// The file has one line: the last record in twenty digits, a space, the journal's id as a JSON string, a space and the line's CRC-32C.
package struct Witness: Hashable, Sendable {
    /// What is added to the directory's name.
    package static let suffix = ".seen"

    /// The journal's id.
    package let journal: String
    /// A record that was durable.
    package let seq: Int64

    package init(journal: String, seq: Int64) {
        self.journal = journal
        self.seq = seq
    }

    /// The file's content.
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(twentyDigits: seq)
        return SealedLine.encode("\(String(decoding: bytes, as: UTF8.self)) \(JSONString.quoted(journal))")
    }

    /// What it says; nil when it is not whole.
    package static func decode(_ bytes: [UInt8]) -> Witness? {
        guard let text = SealedLine.decodeAll(bytes).first ?? nil, text.utf8.count > 21,
            let seq = SequenceNumber.checked(text.prefix(20)),
            let journal = try? JSONValue(parsing: Array(text.dropFirst(21).utf8)).string
        else { return nil }
        return Witness(journal: journal, seq: seq)
    }
}
