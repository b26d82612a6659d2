import JSON

/// When a journal was last backed up, and the content of the file `backed-up` beside it that says so: one line with the number of the
/// last record in the backup and the time in nanoseconds since 1970, each in twenty digits, and the backup's directory as a JSON string,
/// with a space between them; then a space and the CRC-32C of what stands before that.
///
/// It is never synced: when it is there and its checksum is right, it is true.
package struct LastBackup: Hashable, Sendable {
    /// The file's name.
    package static let name = "backed-up"

    /// The last record that the backup holds.
    package let seq: Int64
    /// When it was made, in nanoseconds since 1970.
    package let time: Int64
    /// Where it is.
    package let directory: String

    package init(seq: Int64, time: Int64, directory: String) {
        self.seq = seq
        self.time = time
        self.directory = directory
    }

    /// The file's content.
    package func encode() -> [UInt8] {
        var line: [UInt8] = []
        for number in [seq, time] {
            line.append(twentyDigits: number)
            line.append(UInt8(ascii: " "))
        }
        return SealedLine.encode(String(decoding: line, as: UTF8.self) + JSONString.quoted(directory))
    }

    /// What the file says; nil when it is not whole.
    package static func decode(_ bytes: [UInt8]) -> LastBackup? {
        guard let line = SealedLine.decodeAll(bytes).first, let words = line?.split(separator: " ", maxSplits: 2),
            words.count == 3,
            let seq = SequenceNumber.checked(words[0]), let time = Int64(words[1]), time >= 0,
            let directory = try? JSONValue(parsing: Array(words[2].utf8)).string
        else { return nil }
        return LastBackup(seq: seq, time: time, directory: directory)
    }
}
