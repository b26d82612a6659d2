/// The body of an answer that is not all there yet. Asked for more only while the reader keeps up.
package protocol BodySource: Sendable {
    /// The next piece of the body. Called on the server's queue; it must not block.
    ///
    /// After `later`, say `Exchange.resume` when there is more.
    func next() -> BodyPiece

    /// The reader has gone, or is cut off, before the end of the body. Called on the server's queue, at most once, and
    /// nothing is called after it.
    func cancel()
}

extension BodySource {
    /// Most hold nothing that would have to be let go.
    package func cancel() {}
}

/// What a `BodySource` has to hand.
package enum BodyPiece: Sendable {
    /// Some bytes. A piece of some ten kilobytes is a good size; an empty one is skipped.
    case bytes([UInt8])
    /// None now. While the server drains, this ends the body.
    case later
    /// No more.
    case end
    /// The rest will never come. The connection ends, so that the reader does not take the body for whole.
    case broken
}
