internal import CSystemd
internal import Glibc

/// A socket that systemd listened on before this process started (`.socket` units, sd_listen_fds(3)).
package struct ActivatedSocket: Hashable, Sendable {
    /// What `FileDescriptorName=` in the unit says.
    package let name: String
    /// The listening stream socket; close-on-exec, and the caller's to close.
    package let descriptor: Int32
}

/// Takes over the sockets that systemd passes.
package enum SocketActivation {
    /// The sockets passed to this process, none when it was not started by socket activation.
    ///
    /// Goes by name, since the order of the descriptors varies from start to start. Removes `LISTEN_PID`, `LISTEN_FDS` and
    /// `LISTEN_FDNAMES` from the environment, so that no child takes them for its own: to be called once, early, while
    /// there is one thread.
    ///
    /// - Parameter names: the names that the program has a use for.
    package static func receive(names: [String]) throws(SocketActivationError) -> [ActivatedSocket] {
        var passed: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &passed)
        guard count >= 0 else { throw .refused(errno: -count) }
        guard count > 0, let passed else { return [] }
        defer {
            for index in 0..<Int(count) { free(passed[index]) }
            free(passed)
        }
        let sockets = (0..<Int(count)).map { index in
            ActivatedSocket(
                name: passed[index].map { String(cString: $0) } ?? "",
                descriptor: SD_LISTEN_FDS_START + Int32(index))
        }
        try check(sockets, against: names) { sd_is_socket($0, AF_UNSPEC, Int32(SOCK_STREAM.rawValue), 1) > 0 }
        return sockets
    }

    /// Refuses names without a use and descriptors that do not listen.
    static func check(
        _ sockets: [ActivatedSocket], against names: [String], isListening: (Int32) -> Bool
    ) throws(SocketActivationError) {
        for socket in sockets {
            guard names.contains(socket.name) else { throw .unknownName(socket.name, known: names) }
            guard isListening(socket.descriptor) else { throw .notListening(socket.name) }
        }
    }
}
