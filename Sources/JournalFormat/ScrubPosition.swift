/// The content of the file `scrub`: how far the round has come in which the closed segments are read. One line with the
/// three members below, each in twenty digits, with a space between them; then a space and the CRC-32C of what stands before that.
///
/// It is never synced: one that is damaged or missing begins a new round.
package struct ScrubPosition: Hashable, Sendable {
    /// The file's name.
    package static let name = "scrub"

    /// When the round began, in nanoseconds since 1970.
    package var beganAt: Int64
    /// Segments that begin before this record have been read in it.
    package var next: Int64
    /// When the round before it ended, in nanoseconds since 1970; nil in the first, and 0 in the file.
    package var completedAt: Int64?

    package init(beganAt: Int64, next: Int64 = 1, completedAt: Int64? = nil) {
        self.beganAt = beganAt
        self.next = next
        self.completedAt = completedAt
    }

    /// The file's content.
    package func encode() -> [UInt8] {
        var line: [UInt8] = []
        for number in [beganAt, next, completedAt ?? 0] {
            if !line.isEmpty { line.append(UInt8(ascii: " ")) }
            line.append(twentyDigits: number)
        }
        return SealedLine.encode(String(decoding: line, as: UTF8.self))
    }

    /// What the file says; nil when it is not whole.
    package static func decode(_ bytes: [UInt8]) -> ScrubPosition? {
        guard let line = SealedLine.decodeAll(bytes).first,
            let numbers = line?.split(separator: " ").map({ Int64($0) }),
            numbers.count == 3, let began = numbers[0],
            let next = numbers[1].flatMap({ SequenceNumber.checked($0) }), let completed = numbers[2],
            min(began, next, completed) >= 0
        else { return nil }
        return ScrubPosition(beganAt: began, next: next, completedAt: completed == 0 ? nil : completed)
    }
}
