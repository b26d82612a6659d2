import HTTP1

/// What a fuzzer's bytes mean: two that choose how the connection is run, then what its sender sends.
package struct FuzzInput: Sendable {
    /// How the input comes to its end.
    enum Ending: UInt8 {
        /// More could come.
        case open
        /// The sender ends its side.
        case endOfStream
        /// The runner loses its patience with what is not whole.
        case timeOut
        /// The server has begun to stop before the first byte.
        case stopping
    }

    /// Bounds so small that few bytes reach them all.
    static let smallLimits: Limits = {
        var limits = Limits()
        limits.targetBytes = 24
        limits.headBytes = 160
        limits.fields = 5
        limits.bodyBytes = 40
        limits.chunkExtensionBytes = 12
        limits.trailerBytes = 40
        limits.requestsPerConnection = 3
        return limits
    }()

    let limits: Limits
    /// Whether answers are streamed instead of given whole.
    let isStreamed: Bool
    /// Whether answers wait until the next piece has come, or no more comes.
    var isLate: Bool
    let ending: Ending
    /// The lengths of the pieces in which the bytes come, by turns.
    let pieces: (Int, Int)
    /// What the sender sends.
    let bytes: [UInt8]

    /// Takes a fuzzer's bytes apart; `nil` if they are too few or the first means nothing.
    ///
    /// - The first byte: 1 for small limits, 2 for streamed answers, 4 for late ones, 8 and 16 for the ending.
    /// - The second byte: the lengths of the pieces, less one, in its two halves.
    package init?(_ raw: [UInt8]) {
        guard raw.count >= 2, raw[0] < 32 else { return nil }
        limits = raw[0] & 1 == 0 ? Limits() : Self.smallLimits
        isStreamed = raw[0] & 2 != 0
        isLate = raw[0] & 4 != 0
        ending = Ending(rawValue: raw[0] >> 3) ?? .open
        pieces = (Int(raw[1] & 15) + 1, Int(raw[1] >> 4) + 1)
        bytes = Array(raw[2...])
    }
}
