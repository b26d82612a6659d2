import Glibc
import POSIX

/// A free port on 127.0.0.1 that nobody else is given: a socket is bound to it, but never listens, so that a server which sets
/// `SO_REUSEADDR` can.
final class ReservedPort: Sendable {
    let number: UInt16
    private let socket: Descriptor

    init() throws(SystemError) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(owning: try check("socket") { Glibc.socket(AF_INET, kind, 0) })
        let descriptorNumber = descriptor.number
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = try check("setsockopt") { setsockopt(descriptorNumber, SOL_SOCKET, SO_REUSEADDR, &yes, size) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { (pointer) throws(SystemError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
                _ = try check("bind") { bind(descriptorNumber, pointer, length) }
                _ = try check("getsockname") { getsockname(descriptorNumber, pointer, &length) }
            }
        }
        number = UInt16(bigEndian: address.sin_port)
        socket = descriptor
    }
}
