internal import CSystemd
internal import Glibc
internal import JSON
package import POSIX

/// Tells the service manager how the service is doing, by `sd_notify(3)`.
///
/// Without `NOTIFY_SOCKET`, outside a service of `Type=notify`, every call does nothing at no cost. The variable stays in
/// the environment: `sd_notify` looks it up at every call, removing it is unsafe beside other threads, and what a child
/// process would send is ignored under `NotifyAccess=main`, the default.
package struct Notifier: Sendable {
    /// One assignment of the protocol.
    package enum Assignment: Hashable, Sendable {
        /// `READY=1`: the start, or a reload, is complete.
        case ready
        /// `RELOADING=1`, with the time that `notify-reload` asks for; `ready` ends it.
        case reloading
        /// `STOPPING=1`: the stop has begun.
        case stopping
        /// `WATCHDOG=1`: the service is alive.
        case watchdog
        /// `STATUS=`: a sentence for `systemctl status`; line ends become spaces, and what is beyond 2,048 bytes is cut.
        case status(String)
        /// `ERRNO=`: why the service fails, a number of errno(3).
        case failure(errno: Int32)
        /// `EXTEND_TIMEOUT_USEC=`: the start or stop may take that much longer from now on.
        case extendTimeout(Duration)
    }

    private let transmit: (@Sendable (String) -> Int32)?

    /// Looks whether a service manager listens.
    package init() {
        if getenv("NOTIFY_SOCKET") == nil { transmit = nil } else { transmit = { sd_notify(0, $0) } }
    }

    /// A notifier whose messages go to `transmit` instead, which answers as `sd_notify` does: negative when it failed.
    init(transmit: @escaping @Sendable (String) -> Int32) { self.transmit = transmit }

    /// Sends assignments as one message, from any thread.
    ///
    /// - Returns: why it could not be sent; nil when it was, or when nobody listens. Callers may ignore it: there is no
    ///   other way to tell the service manager.
    @discardableResult
    package func send(_ assignments: Assignment...) -> SystemError? {
        guard let transmit else { return nil }
        let answer = transmit(assignments.map(\.text).joined(separator: "\n"))
        return answer < 0 ? SystemError(call: "sd_notify", errno: -answer) : nil
    }

    /// Says why the service ends: `ERRNO=`, then `STATUS=`, as one message.
    @discardableResult
    package func fail(errno: Int32, status: String) -> SystemError? {
        send(.failure(errno: errno), .status(status))
    }
}

extension Notifier.Assignment {
    /// The lines of the protocol.
    fileprivate var text: String {
        switch self {
        case .ready: "READY=1"
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonic() / 1000)"
        case .stopping: "STOPPING=1"
        case .watchdog: "WATCHDOG=1"
        case .status(let sentence): "STATUS=\(Self.line(sentence))"
        case .failure(let errno): "ERRNO=\(errno)"
        case .extendTimeout(let duration): "EXTEND_TIMEOUT_USEC=\(duration.microseconds)"
        }
    }

    /// A text without line ends, short enough for systemd, which drops messages beyond 4,096 bytes.
    private static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            if line.utf8.count + UTF8.width(scalar) > 2048 { break }
            line.unicodeScalars.append(VisibleText.isVisible(scalar) ? scalar : " ")
        }
        return line
    }
}

extension Duration {
    /// Whole microseconds.
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
