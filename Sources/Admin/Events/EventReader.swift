import Dispatch
import HTTPServer
import Ledger
import Synchronization

/// One who reads `/events`: asked for the next piece by the server, as fast as the reader takes them, and given it by the feed.
final class EventReader: BodySource {
    private struct State {
        /// What is to be sent next.
        var pending: [UInt8] = []
        /// The feed is to give the next page, and has not yet.
        var isAsked = false
        var isBroken = false
        var isGone = false
        var cursor: any RecordReader
    }

    private let feed: EventFeed
    private let exchange: Exchange
    private let kinds: Set<String>
    private let state: Mutex<State>

    init(_ feed: EventFeed, _ exchange: Exchange, from cursor: any RecordReader, kinds: Set<String>) {
        self.feed = feed
        self.exchange = exchange
        self.kinds = kinds
        state = Mutex(State(cursor: cursor))
    }

    func next() -> BodyPiece {
        var mustAsk = false
        let piece: BodyPiece = state.withLock { state in
            if !state.pending.isEmpty {
                defer { state.pending = [] }
                return .bytes(state.pending)
            }
            if state.isBroken { return .broken }
            mustAsk = !state.isAsked
            state.isAsked = true
            return .later
        }
        if mustAsk { feed.ask(self) }
        return piece
    }

    func cancel() {
        state.withLock { $0.isGone = true }
        feed.leave()
    }

    // MARK: On the feed's queue

    var isGone: Bool { state.withLock { $0.isGone } }

    /// Where it reads on.
    var cursor: any RecordReader { state.withLock { $0.cursor } }

    /// Takes a page; false when none of it is for this reader.
    func take(_ page: EventPage) -> Bool {
        let bytes = page.bytes(ofKinds: kinds)
        state.withLock { state in
            state.cursor = page.end
            if bytes.isEmpty { return }
            state.pending += bytes
            state.isAsked = false
        }
        if bytes.isEmpty { return false }
        resume()
        return true
    }

    /// Sends a line without a record, so that both sides notice when the other has gone.
    func beat() {
        state.withLock { if $0.pending.isEmpty { $0.pending = [UInt8(ascii: "\n")] } }
        resume()
    }

    /// Ends the stream so that the reader does not take it for whole.
    func fail() {
        state.withLock { $0.isBroken = true }
        resume()
    }

    private func resume() {
        exchange.queue.async { [exchange] in exchange.resume() }
    }
}
