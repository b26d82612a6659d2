import HTTP1

/// A request that the second reader has read, where it ended, and how much of everything it had.
struct StrictRequest {
    let message: Message
    /// The offset of the first byte behind it.
    let end: Int
    let isHTTP10: Bool
    /// Whether the sender would like to go on after the answer (RFC 9112 section 9.3).
    let persists: Bool
    let measures: Measures

    /// What `Limits` bounds, in its units.
    struct Measures {
        let targetBytes: Int
        let headBytes: Int
        let fields: Int
        var bodyBytes = 0
        var chunkExtensionBytes = 0
        var trailerBytes = 0
        var trailers = 0
    }

    /// The statuses of the refusals that it has earned by its size.
    func brokenLimits(_ limits: Limits) -> Set<Int> {
        var statuses: Set<Int> = []
        if measures.targetBytes > limits.targetBytes { statuses.insert(414) }
        if measures.headBytes > limits.headBytes || measures.fields > limits.fields { statuses.insert(431) }
        if measures.trailerBytes > limits.trailerBytes || measures.trailers > limits.fields { statuses.insert(431) }
        if measures.bodyBytes > limits.bodyBytes { statuses.insert(413) }
        if measures.chunkExtensionBytes > limits.chunkExtensionBytes { statuses.insert(400) }
        return statuses
    }
}
