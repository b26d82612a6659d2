import HTTP1
import Testing

/// A generator that gives the same numbers for the same seed (Steele, Lea and Flood's SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Vectors with random damage, in random pieces. The seed is the test's argument, so a failure names it.
struct RandomBytesTests {
    private static let spice: [UInt8] = Array("\r\n\t :;,0159afFx/?*%\u{0}\u{7f}".utf8) + [0x80, 0xFF]

    private func damaged(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let spice = Self.spice.randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = spice
            case 1: bytes.insert(spice, at: place)
            case 2 where bytes.count > 1: bytes.remove(at: place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            }
        }
        return bytes
    }

    @Test(arguments: 0..<40)
    func `damaged bytes never trap the parser, and cuts change nothing`(_ seed: Int) {
        var random = SplitMix64(state: UInt64(seed))
        let short = Vector.all.filter { $0.input.utf8.count < 600 }
        for _ in 0..<50 {
            let inputs = (0..<3).map { _ in Array(short.randomElement(using: &random)!.input.utf8) }
            let bytes = damaged(inputs.flatMap { $0 }, &random)
            let whole = transcript(bytes, ending: true).withoutInterim
            let cuts = (0..<8).map { _ in Int.random(in: 0...40, using: &random) }
            let cut = transcript(bytes, cuts: cuts, ending: true).withoutInterim
            #expect(cut == whole, "seed \(seed): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            let isEnded = whole.events.last == .close || whole.events.last == .linger
            #expect(isEnded, "seed \(seed)")
            #expect(
                whole.statuses.filter { $0 != 200 }.count <= 1, "seed \(seed): at most one refusal, the last answer")
        }
    }
}
