internal import Glibc

/// Why the sockets that systemd passed cannot be used.
package enum SocketActivationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `sd_listen_fds_with_names` failed.
    case refused(errno: Int32)
    /// A socket has a name that the program has no use for.
    case unknownName(String, known: [String])
    /// A descriptor is no listening stream socket.
    case notListening(String)

    /// What is wrong, where, and how to mend it.
    package var description: String {
        switch self {
        case .refused(let errno):
            "the sockets that systemd passed cannot be taken over: \(String(cString: strerror(errno)))"
        case .unknownName(let name, let known):
            "systemd passed a socket named \"\(name)\", for which there is no use; write FileDescriptorName="
                + known.joined(separator: " or ") + " in its .socket unit"
        case .notListening(let name):
            "the socket \"\(name)\" that systemd passed does not listen for streams; use ListenStream= and Accept=no in its"
                + " .socket unit"
        }
    }
}
