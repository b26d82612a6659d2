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
