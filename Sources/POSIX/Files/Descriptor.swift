import Glibc

/// An open file descriptor with one owner, closed when the owner is done with it.
public struct Descriptor: ~Copyable, Sendable {
    /// The number that the kernel knows it by.
    public let number: Int32

    /// Takes over an open descriptor: nobody else may close it.
    public init(owning number: Int32) { self.number = number }

    // The answer of close(2) is of no use: after an error, even EINTR, Linux has released the number all the same.
    deinit { _ = close(number) }
}

extension Descriptor {
    /// How many descriptors this process may have open, i.e. the number that none of them reaches (getrlimit(2)).
    public static func limit() throws(SystemError) -> Int {
        var limit = rlimit()
        _ = try check("getrlimit") { getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        return Int(clamping: limit.rlim_cur)
    }

    /// The number that the next descriptor to be opened would get. It is the lowest that is free, so it also says that
    /// those below are taken.
    public static func lowestFree(probing open: borrowing Descriptor) throws(SystemError) -> Int32 {
        let number = open.number
        return Descriptor(owning: try check("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 0) }).number
    }
}
