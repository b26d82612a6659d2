import HTTPServer
import Synchronization

/// A body in pieces that are all there.
final class SandboxBody: BodySource {
    private let pieces: Mutex<ArraySlice<BodyPiece>>

    init(_ pieces: [BodyPiece]) {
        self.pieces = Mutex(pieces[...])
    }

    func next() -> BodyPiece { pieces.withLock { $0.popFirst() } ?? .end }
}
