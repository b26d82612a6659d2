import Configuration
import Glibc
import HTTPServer
import Logging
import POSIX
import ServiceManager

/// The sockets that the daemon listens on.
struct Listeners {
    /// The public side's.
    let webhook: [ListeningSocket]
    /// The admin side's.
    let admin: [ListeningSocket]

    /// Makes them; those that systemd passed for a side win over its configured addresses.
    init(_ settings: Settings, _ logger: Logger) throws {
        let passed: [ActivatedSocket]
        do { passed = try SocketActivation.receive(names: ["webhook", "admin"]) } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
        func listen(_ key: String, _ addresses: [ListenAddress], _ name: String) throws -> [ListeningSocket] {
            let passed = passed.filter { $0.name == name }
            let sockets = try Self.listen(key, addresses, passed)
            let isSet = settings.origins[key, default: .standard] != .standard
            if isSet, !passed.isEmpty { Self.tellOfUnused(key, addresses, sockets, logger) }
            return sockets
        }
        webhook = try listen("ECRYPTOPAY_LISTEN", settings.listen, "webhook")
        admin = try listen("ECRYPTOPAY_ADMIN_LISTEN", settings.adminListen, "admin")
        // Of what is configured the settings warn.
        let open = passed.contains { $0.name == "admin" } && settings.adminToken == nil ? admin : []
        for socket in open where socket.address.port != nil {
            logger.warning("systemd's admin socket: \(ListenAddress.warning(ofOpen: "\(socket.address)"))")
        }
    }

    /// Who has changed an address and finds the daemon at the old one should know why.
    private static func tellOfUnused(
        _ key: String, _ addresses: [ListenAddress], _ sockets: [ListeningSocket], _ logger: Logger
    ) {
        if Set(addresses.map { try? $0.socketAddress }) == Set(sockets.map(\.address)) { return }
        let used = sockets.map { "\($0.address)" }.joined(separator: ", ")
        logger.notice(
            """
            \(key) does not count: systemd has passed the socket \(used), which is used; to listen elsewhere, change the socket \
            unit
            """)
    }

    private static func listen(
        _ key: String, _ addresses: [ListenAddress], _ passed: [ActivatedSocket]
    ) throws -> [ListeningSocket] {
        do {
            if !passed.isEmpty { return try passed.map { try ListeningSocket(adopting: $0.descriptor) } }
            return try addresses.map { try ListeningSocket(binding: try $0.socketAddress) }
        } catch let error as SystemError {
            let hint =
                error.errno == EADDRINUSE
                ? "; another program listens there: choose another address in \(key)" : ""
            throw CommandFailure(error.errno == EACCES ? .permission : .unavailable, "cannot listen: \(error)\(hint)")
        }
    }
}
