import POSIX

/// A listening socket and whether somebody may be waiting in it.
struct Listener {
    let socket: ListeningSocket
    /// The kernel said that somebody waits, and no call has found nobody since.
    var mayAccept = false

    init(_ socket: ListeningSocket) { self.socket = socket }
}
