import Glibc
import POSIX
import Testing

@testable import ServiceManager

@Suite struct SocketActivationTests {
    private func socket(_ name: String, _ descriptor: Int32) -> ActivatedSocket {
        ActivatedSocket(name: name, descriptor: descriptor)
    }

    @Test func `sockets of known names that listen are taken, several of one name too`() throws {
        try SocketActivation.check(
            [socket("admin", 3), socket("webhook", 4), socket("webhook", 5)], against: ["webhook", "admin"]
        ) { _ in true }
    }

    @Test func `an unknown name is an error that names it, and the mend`() throws {
        let error = try #require(throws: SocketActivationError.self) {
            try SocketActivation.check(
                [socket("webhook", 3), socket("ecryptopayd.socket", 4)], against: ["webhook", "admin"]
            ) { _ in true }
        }
        #expect(error == .unknownName("ecryptopayd.socket", known: ["webhook", "admin"]))
        #expect(error.description.contains("\"ecryptopayd.socket\""))
        #expect(error.description.contains("FileDescriptorName=webhook or admin"))
    }

    @Test func `a descriptor that does not listen is an error that names it`() throws {
        let error = try #require(throws: SocketActivationError.self) {
            try SocketActivation.check([socket("webhook", 3)], against: ["webhook"]) { _ in false }
        }
        #expect(error == .notListening("webhook"))
        #expect(error.description.contains("\"webhook\""))
    }

    @Test func `real descriptors are told apart by name, whatever their order`() async {
        await #expect(processExitsWith: .success) {
            untilUndisturbed {
                let here = try Inheritance(passing: [makeListener(), makeListener()], names: "admin:webhook")
                let sockets = try SocketActivation.receive(names: ["webhook", "admin"])
                guard sockets.map(\.name) == ["admin", "webhook"], sockets.map(\.descriptor) == here.descriptors else {
                    return 1
                }
                // A child would otherwise take them for its own.
                guard sockets.allSatisfy({ fcntl($0.descriptor, F_GETFD) & FD_CLOEXEC != 0 }) else { return 2 }
                let variables: [String] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
                guard variables.allSatisfy({ getenv($0) == nil }) else { return 3 }
                return try SocketActivation.receive(names: ["webhook"]).isEmpty ? 0 : 4
            }
        }
    }

    @Test func `sockets without names, or that do not listen, are refused`() async {
        await #expect(processExitsWith: .success) {
            untilUndisturbed {
                _ = try Inheritance(passing: [makeListener()], names: nil)
                guard refusal() == .unknownName("unknown", known: ["webhook"]) else { return 1 }
                let deaf = try check("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
                _ = try Inheritance(passing: [deaf], names: "webhook")
                return refusal() == .notListening("webhook") ? 0 : 2
            }
        }
    }

    @Test func `sockets meant for another process are left alone`() async {
        await #expect(processExitsWith: .success) {
            _ = try Inheritance(passing: [makeListener()], names: "webhook")
            setenv("LISTEN_PID", "1", 1)
            exit(try SocketActivation.receive(names: ["webhook"]).isEmpty ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }
}

/// Ends the process with 0 as soon as `attempt` answers 0, else with its last answer.
///
/// Descriptor 3 is the lowest: a thread of the runtime that reads a file for a moment may have just that number, and close
/// what was put in its place. A wrong answer by the code itself is the same at every attempt.
private func untilUndisturbed(_ attempt: () throws -> Int32) -> Never {
    var code: Int32 = 9
    for _ in 0..<20 where code != 0 { code = (try? attempt()) ?? 9 }
    exit(code)
}

/// A process put into the state in which systemd starts one; only for processes of their own.
private struct Inheritance {
    let descriptors: [Int32]

    init(passing sockets: [Int32], names: String?) throws {
        // Copies beyond the targets first, so that placing one cannot overwrite another.
        let copies = try sockets.map { socket in try check("fcntl") { fcntl(socket, F_DUPFD_CLOEXEC, 100) } }
        for (index, copy) in copies.enumerated() { _ = try check("dup2") { dup2(copy, 3 + Int32(index)) } }
        descriptors = sockets.indices.map { 3 + Int32($0) }
        setenv("LISTEN_PID", "\(getpid())", 1)
        setenv("LISTEN_FDS", "\(sockets.count)", 1)
        if let names { setenv("LISTEN_FDNAMES", names, 1) } else { unsetenv("LISTEN_FDNAMES") }
    }
}

/// Why the sockets now passed to this process are refused.
private func refusal() -> SocketActivationError? {
    do {
        _ = try SocketActivation.receive(names: ["webhook"])
        return nil
    } catch {
        return error
    }
}

/// A TCP socket that listens on a port of 127.0.0.1 that the system chooses.
private func makeListener() throws -> Int32 {
    let descriptor = try check("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    _ = try check("bind") {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
    _ = try check("listen") { listen(descriptor, 1) }
    return descriptor
}
