/// Numbers of records, and offsets and lengths in bytes, as they are read back from a disk or a database. A right checksum does not make
/// a number sensible: whoever reckons with one has to know that it does not overflow.
package enum SequenceNumber {
    /// The highest, of 18 digits: no journal gets further.
    package static let highest: Int64 = 999_999_999_999_999_999

    /// The number; nil for one that is negative or too high.
    package static func checked(_ number: Int64) -> Int64? { (0...highest).contains(number) ? number : nil }

    /// The same of a word.
    package static func checked(_ word: UInt64) -> Int64? { Int64(exactly: word).flatMap(checked) }

    /// The same in digits.
    package static func checked(_ digits: some StringProtocol) -> Int64? { Int64(digits).flatMap(checked) }
}
