/// A range of offsets from a request's first byte, at half the size of `Range<Int>`: a connection keeps many.
struct ByteRange: Sendable, Hashable {
    private let lower: UInt32
    private let upper: UInt32

    init(_ range: Range<Int>) {
        lower = UInt32(range.lowerBound)
        upper = UInt32(range.upperBound)
    }

    var range: Range<Int> { Int(lower)..<Int(upper) }

    func shifted(by base: Int) -> Range<Int> { Int(lower) + base..<Int(upper) + base }
}
