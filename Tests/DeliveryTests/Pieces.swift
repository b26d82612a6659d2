import HTTPServer
import Synchronization

/// A body that comes in pieces, and then no more.
final class Pieces: BodySource {
    private let pieces: Mutex<ArraySlice<BodyPiece>>

    init(_ pieces: [BodyPiece]) {
        self.pieces = Mutex(pieces[...])
    }

    func next() -> BodyPiece { pieces.withLock { $0.popFirst() } ?? .later }
}
